"""A search on the corrected surface leaves it where the correction cannot be trusted."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from conftest import HCN, reaction_row, reaction_table

from tscreen.actors import verified
from tscreen.actors.quantum.levels import CORRECTED_LEVEL
from tscreen.actors.quantum.xtb import Surface, energy
from tscreen.actors.saddles import trust
from tscreen.actors.verified import Order, search
from tscreen.model.correction.committee import load_committee
from tscreen.schemas.reaction import reactions_of

NEAR_TS = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])
ORDER = Order(Surface(CORRECTED_LEVEL), 60.0, 298.15)


@pytest.fixture
def shift():
    return reactions_of(reaction_table(reaction_row("r")))[0]


def limits(monkeypatch, force: float, barrier: float) -> None:
    """The shipped committee with other limits of disagreement."""
    shipped = load_committee()
    levels = [
        replace(level, force_limit=force, barrier_limit=barrier) for level in shipped.card.levels
    ]
    lenient = replace(shipped, card=replace(shipped.card, levels=levels))
    monkeypatch.setattr(trust, "load_committee", lambda *_: lenient)


def surfaces_searched(monkeypatch) -> list:
    """The surfaces and time limits of the searches to come, in order."""
    seen = []
    climb = verified.climb

    def watched(reaction, candidates, surface, budget_s, **options):
        seen.append((surface.level, budget_s))
        return climb(reaction, candidates, surface, budget_s, **options)

    monkeypatch.setattr(verified, "climb", watched)
    return seen


def test_the_answer_says_what_it_was_corrected_to_and_by_how_much(shift, monkeypatch):
    limits(monkeypatch, np.inf, np.inf)
    found = search(shift, [NEAR_TS], ORDER)
    assert found.climb.found.joined
    head = load_committee().card.level_of(shift.atomic_numbers.tolist(), 0, 1)
    assert (found.level, found.head) == ("GFN2-xTB+delta", head)
    assert found.sides_kept
    view, members = found.correction, load_committee().card.n_members
    assert view.switched_off is None
    assert view.force_spread > 0
    for column in (view.barrier, view.reverse, view.zero_point, view.reverse_zero_point):
        assert column.shape == (members,)
        assert np.isfinite(column).all()
    # The mean of the members is what tells the corrected barrier from GFN2-xTB's at its geometries.
    saddle = found.climb.found.saddle.positions
    plain = energy(shift.atomic_numbers, saddle)
    assert found.profile.saddle_by_model_level == pytest.approx(plain, abs=1e-4)
    corrected = found.profile.saddle.electronic
    opinion = load_committee().opinion(shift.atomic_numbers, saddle, head)
    assert corrected - plain == pytest.approx(opinion.electronic.mean(), abs=1e-3)


@pytest.mark.parametrize(("force", "barrier"), [(0.0, np.inf), (np.inf, 0.0)])
def test_members_that_disagree_leave_the_search_to_gfn2_xtb(shift, monkeypatch, force, barrier):
    limits(monkeypatch, force, barrier)
    seen = surfaces_searched(monkeypatch)
    found = search(shift, [NEAR_TS], ORDER)
    (first, whole), (second, rest) = seen
    assert (first, second) == (CORRECTED_LEVEL, "gfn2-xtb")
    assert (found.level, found.head) == ("GFN2-xTB", None)
    assert found.correction.switched_off == "disagreement"
    assert found.correction.force_spread > 0
    assert whole == ORDER.timeout_s
    assert ORDER.timeout_s / 2 <= rest < ORDER.timeout_s
    plain = search(shift, [NEAR_TS], Order(Surface("gfn2-xtb"), 60.0, 298.15))
    np.testing.assert_allclose(found.profile.saddle, plain.profile.saddle, atol=1e-4)
    np.testing.assert_allclose(found.profile.reactant, plain.profile.reactant, atol=1e-4)
    assert plain.correction is None


def test_a_reaction_that_is_not_covered_is_searched_on_gfn2_xtb_at_once(monkeypatch):
    row = reaction_row("r", multiplicity=3)
    [triplet] = reactions_of(reaction_table(row))
    seen = surfaces_searched(monkeypatch)
    found = search(triplet, [NEAR_TS], ORDER._replace(paths=False))
    assert [level for level, _ in seen] == ["gfn2-xtb"]
    assert (found.level, found.head) == ("GFN2-xTB", None)
    assert found.correction.switched_off == "state"
    assert np.isnan(found.correction.barrier).all()


def test_a_search_that_finds_nothing_has_nobody_to_ask(shift):
    found = search(shift, [HCN], ORDER._replace(paths=False, timeout_s=0.0))
    assert found.climb.found is None
    assert found.failure.code == "xtb_timeout"
    assert found.correction is found.profile is found.sides_kept is None


def test_a_side_that_loses_a_bond_on_its_way_down_is_told(shift, monkeypatch):
    relaxed = verified.relaxed_side

    def torn(side, *args):
        found = relaxed(side, *args)
        [molecule] = found.molecules
        apart = molecule.positions * 3.0
        return found._replace(molecules=[molecule._replace(positions=apart)])

    plain = partial(search, shift, [NEAR_TS], Order(Surface(), 60.0, 298.15))
    assert plain().sides_kept is True
    monkeypatch.setattr(verified, "relaxed_side", torn)
    assert plain().sides_kept is False

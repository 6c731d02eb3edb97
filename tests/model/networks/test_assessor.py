"""Energies and forces give barriers, and a second opinion on the candidates."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from networks import LEVEL, SMALL_ENCODER, count_steps_as_seconds
from reactions import random_reaction
from springs import spring, springs

from tscreen.model.inference.assessment import Assessed, assess
from tscreen.model.inference.fusion import choose, fit_fusion
from tscreen.model.inference.generator import Candidates
from tscreen.model.networks.assessor import Assessor, View
from tscreen.model.reactions.batch import collate, prepare
from tscreen.model.reactions.data import ReferenceReaction
from tscreen.model.reactions.energies import Energies
from tscreen.model.training.assessor_training import (
    assessor_loss,
    barrier_error,
    collate_assessed,
    levels_of,
    train_assessor,
    usable,
)
from tscreen.model.training.scored import ScoredReaction, with_energies
from tscreen.schemas.units import KCAL_MOL

PAIRS = 15


def scored_rows(count: int) -> list[ScoredReaction]:
    """The barrier to learn is 7 kcal/mol below that of the true TS, by the springs."""
    noise = np.random.default_rng(0)
    rows = []
    for seed in range(count):
        reaction = random_reaction(seed, n=6)
        ts = reaction.reactant_positions + noise.normal(0, 0.1, (6, 3)).astype(np.float32)
        barrier = spring(reaction, ts[None]).barriers[0] - 7.0
        reference = ReferenceReaction(
            reaction, prepare(reaction, ts), barrier=float(barrier), level=LEVEL.name
        )
        samples = ts + noise.normal(0, 0.2, (4, 6, 3)).astype(np.float32)
        flat = np.ones(PAIRS, dtype=np.float32)
        rows.append(ScoredReaction(reference, samples, flat, flat))
    return with_energies(rows, springs, 3)


def test_an_assessment_does_not_see_rigid_motion():
    torch.manual_seed(0)
    assessor = Assessor(1, SMALL_ENCODER, 1).eval()
    rows = scored_rows(3)
    one = collate_assessed(rows, [[0, 1]] * 3, [LEVEL.name], "cpu")
    turn = torch.linalg.qr(torch.randn(3, 3))[0]
    turn = turn * torch.sign(torch.linalg.det(turn))
    view = View(one.view.barrier, one.view.reaction_energy, one.view.forces @ turn)
    here, there = assessor(one.x, one.view, one.batch), assessor(one.x @ turn, view, one.batch)
    assert torch.allclose(here.barrier, there.barrier, atol=1e-2)
    assert torch.allclose(here.score.log_rmsd, there.score.log_rmsd, atol=1e-3)
    pushed = View(one.view.barrier, one.view.reaction_energy, one.view.forces + 1.0)
    assert not torch.allclose(here.barrier, assessor(one.x, pushed, one.batch).barrier, atol=1e-2)


def test_training_learns_the_correction(monkeypatch):
    count_steps_as_seconds(monkeypatch)
    rows = usable(scored_rows(24))
    assert levels_of(rows) == [LEVEL.name]
    assessor = Assessor(1, SMALL_ENCODER, 1)
    train_assessor(assessor, rows, [LEVEL.name], minutes=150 / 60, seed=0)
    one = collate_assessed(rows, [[0]] * 24, [LEVEL.name], "cpu")
    with torch.no_grad():
        error, spread = barrier_error(assessor(one.x, one.view, one.batch), one)
    assert error.mean() < 3.5
    assert (spread > 0).all()


def test_members_that_disagree_are_less_sure_together():
    torch.manual_seed(0)
    together = Assessor(1, SMALL_ENCODER, 3).eval()
    one = collate_assessed(scored_rows(2), [[0, 1]] * 2, [LEVEL.name], "cpu")
    found = together(one.x, one.view, one.batch)
    alone = [member(one.x, one.view, one.batch) for member in together.members]
    barriers = torch.stack([one.barrier for one in alone])
    assert torch.allclose(found.barrier, barriers.mean(0))
    assert (found.spread > torch.stack([one.spread for one in alone]).mean(0)).all()


def test_levels_of_theory_are_kept_apart():
    first, second, unknown = scored_rows(3)
    second = replace(second, reference=replace(second.reference, level="DFT"))
    unknown = replace(unknown, reference=replace(unknown.reference, barrier=None))
    rows = [first, second, unknown]
    levels = levels_of(rows)
    assert levels == [LEVEL.name, "DFT"]
    one = collate_assessed(rows, [[0]] * 3, levels, "cpu")
    found = Assessor(2, SMALL_ENCODER, 1).eval()(one.x, one.view, one.batch)
    error, _ = barrier_error(found, one)
    assert error.shape == (1, 2)
    expected = (found.barrier[0, [0, 1], [0, 1]] - one.barrier[:2]).abs()
    assert torch.allclose(error[0], expected)


def test_what_the_generator_has_seen_teaches_barriers_alone():
    assessor = Assessor(1, SMALL_ENCODER, 1)
    rows = [replace(row, unseen=False) for row in scored_rows(2)]
    one = collate_assessed(rows, [[1, 2]] * 2, [LEVEL.name], "cpu")
    found = assessor(one.x, one.view, one.batch)
    score, barrier = torch.autograd.grad(
        assessor_loss(found, one),
        [found.score.log_rmsd, found.barrier],
        allow_unused=True,
        materialize_grads=True,
    )
    assert not score.any()
    assert barrier.any()


def test_rows_without_energies_are_not_learnt_from():
    row = scored_rows(1)[0]
    nothing = np.full((4, 6, 3), np.nan, dtype=np.float32)
    without = replace(row, energies=Energies(0.0, 0.5, np.full(4, np.nan), nothing))
    lost_one = np.array([2.0, np.nan, 2.0, 2.0])
    partly = replace(row, energies=replace(row.energies, structures=lost_one))
    assert usable([without, partly]) == [partly]


def candidates(*log_rmsd: float) -> Candidates:
    return Candidates(
        np.zeros((len(log_rmsd), 6, 3), np.float32),
        np.array(log_rmsd, np.float32),
        -np.array(log_rmsd, np.float32),
    )


def assessed(*log_rmsd: float) -> Assessed:
    values = np.array(log_rmsd, np.float32)
    return Assessed(values, -values, 50 + values[:, None], np.ones((len(values), 1), np.float32))


def test_the_choice_weighs_both_opinions():
    fusion = torch.tensor([0.5, 0.5, 1.0, 0.0, 0.5, 0.5, 0.0])
    choice = choose(fusion, candidates(-2.0, -1.0), assessed(0.0, -2.0))
    assert choice.index == 1
    assert choice.expected_rmsd == pytest.approx(np.exp(-1.5))
    assert choice.p_good == pytest.approx(1 / (1 + np.exp(-1.5)))
    assert choose(fusion, candidates(-2.0, -1.0), assessed(np.nan, 0.0)).index == 1
    assert choose(fusion, candidates(-2.0), assessed(np.nan)) is None


def test_the_better_opinion_gets_the_larger_weight():
    rng = np.random.default_rng(0)
    truth = [rng.normal(-1.5, 0.7, 3) for _ in range(300)]
    fusion = fit_fusion(
        [candidates(*(t + rng.normal(0, 1.5, 3))) for t in truth],
        [assessed(*(t + rng.normal(0, 0.2, 3))) for t in truth],
        [np.exp(t) for t in truth],
    )
    by_recommender, by_assessor = fusion[:2].tolist()
    assert by_assessor > 2 * by_recommender >= 0


def test_barriers_are_given_only_at_a_level_that_covers_the_reaction():
    reaction = random_reaction(0, n=6)
    barrier = assessed(0.0, 1.0).barrier_of(1, reaction, [LEVEL])
    assert (barrier.value, barrier.low, barrier.high) == (51.0, 49.0, 53.0)
    assert barrier.level == LEVEL.name
    assert assessed(0.0).barrier_of(0, reaction, [replace(LEVEL, max_atoms=5)]) is None
    assert assessed(0.0).barrier_of(0, reaction, []) is None


def test_what_is_assessed_does_not_depend_on_its_company():
    assessor = Assessor(1, SMALL_ENCODER, 1).eval()
    reactions = [random_reaction(seed, n=n) for seed, n in ((1, 9), (2, 5))]
    structures = [
        np.stack([r.reactant_positions, r.product_positions][:k])
        for r, k in zip(reactions, (2, 1), strict=True)
    ]
    energies = springs(reactions, structures)
    together = assess(assessor, reactions, structures, energies)
    for i, found in enumerate(together):
        (alone,) = assess(
            assessor, reactions[i : i + 1], structures[i : i + 1], energies[i : i + 1]
        )
        assert found.barrier.shape == (len(structures[i]), 1)
        assert np.allclose(found.barrier, alone.barrier, atol=1e-2)
        assert np.allclose(found.log_rmsd, alone.log_rmsd, atol=1e-3)


def test_energies_in_kcal_per_mol():
    found = Energies(1.0, 2.0, np.array([3.0, 1.5]), np.zeros((2, 4, 3), np.float32))
    assert found.barriers.tolist() == pytest.approx([2 / KCAL_MOL, 0.5 / KCAL_MOL])
    assert found.reaction_energy == pytest.approx(1 / KCAL_MOL)


def test_padding_does_not_matter_to_collation():
    small, large = random_reaction(1, n=5), random_reaction(2, n=9)
    assert collate([prepare(small), prepare(large)]).shape == (2, 9)

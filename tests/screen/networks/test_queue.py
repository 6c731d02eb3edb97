"""Which steps are searched, and in what order."""

import numpy as np
import polars as pl
from networks import Favours

from tscreen.actors.exploring.graphs import graph_of
from tscreen.schemas import columns as c
from tscreen.schemas.units import KCAL_MOL
from tscreen.screen.networks.asked import Asked
from tscreen.screen.networks.queue import Frontier, pair_of, queue

ENERGIES = {"OCO": -20.0, "NCO": -10.0, "[CH]O": 50.0}
"""Of some molecules, kcal/mol; all others have none of it."""


def compute(names):
    return {
        name: {
            c.MOLECULE_ENERGY: ENERGIES.get(name, 0.0) * KCAL_MOL,
            c.MOLECULE_POSITIONS: np.random.default_rng(0)
            .normal(size=(len(graph_of(name).numbers), 3))
            .tolist(),
        }
        for name in names
        if name != "[C-]#[O+]"  # as if it were no minimum
    }


def queued(new, partners, tried=(), say=lambda _: None, proposer=None, **asked):
    frontier = Frontier(new, partners, set(tried))
    return queue(frontier, Asked("start.smi", "net", **asked), 1, compute, proposer, say)


def reactants(steps: pl.DataFrame) -> set[tuple[str, ...]]:
    return set(map(tuple, steps[c.REACTANTS].to_list()))


def test_molecules_react_alone_and_with_those_of_the_start():
    start = {"C=O": 0.0, "N": 0.0}
    assert reactants(queued(start, list(start))) == {
        ("C=O",),
        ("C=O", "C=O"),
        ("C=O", "N"),
        ("N", "N"),
    }
    assert reactants(queued(start, list(start), molecules=1)) == {("C=O",)}
    later = reactants(queued({"OCO": 5.0}, ["N"]))
    assert later == {("OCO",), ("N", "OCO")}


def test_what_is_too_far_uphill_or_no_minimum_is_left_out():
    assert len(queued({"C=O": 0.0}, [], molecules=1)) == 1
    assert len(queued({"C=O": 0.0}, [], molecules=1, max_barrier=40.0)) == 0


def test_what_was_searched_before_is_not_searched_again():
    assert len(queued({"C=O": 0.0}, [], [pair_of(["[CH]O"], ["C=O"])], molecules=1)) == 0


def test_low_energies_and_few_changes_come_first():
    steps = queued({"C=O": 0.0}, ["O", "N"])
    cost = steps[c.REACTION_ENERGY].clip(0.0) + 10.0 * steps[c.N_BOND_CHANGES]
    assert cost.is_sorted()
    assert steps[c.PRODUCTS][0].to_list() == ["OCO"]
    assert steps[c.REACTION_ID].is_unique().all()


def test_what_the_model_thinks_probable_comes_first():
    start = {"CC=O": 0.0}
    assert queued(start, [], molecules=1)[c.PRODUCTS][0].to_list() != ["C1CO1"]
    steps = queued(start, [], molecules=1, proposer=Favours("C1CO1"))
    assert steps[c.PRODUCTS][0].to_list() == ["C1CO1"]


def test_what_it_proposes_is_searched_beside_what_is_enumerated():
    start = {"CC=O": 0.0}
    enumerated = queued(start, [], molecules=1)
    assert set(enumerated[c.FOUND_BY]) == {"enumerated"}
    more = queued(start, [], molecules=1, proposer=Favours(), proposed=3)
    proposed = more.filter(pl.col(c.FOUND_BY) == "proposed")
    assert len(proposed) == 3 == len(more) - len(enumerated)
    assert proposed[c.N_BOND_CHANGES].min() > 4
    assert proposed.join(enumerated, on=[c.REACTANTS, c.PRODUCTS]).is_empty()


def test_elements_that_the_model_does_not_know_are_left_to_enumeration():
    steps = queued({"CN": 0.0}, [], molecules=1)
    assert steps.equals(queued({"CN": 0.0}, [], molecules=1, proposer=Favours()))


def test_steps_that_the_model_cannot_rate_stand_among_the_others():
    start = {"CC=O": 0.0, "CN": 0.0}
    steps = queued(start, [], molecules=1, proposer=Favours("C1CO1"), proposed=0)
    assert steps.equals(queued(start, [], molecules=1))


def test_a_molecule_that_cannot_be_built_starts_nothing():
    assert queued({"[C-]#[O+]": 0.0}, ["O"]).is_empty()


def test_molecules_behind_low_barriers_come_first():
    steps = queued({"CC=O": 90.0, "CCC=O": 0.0}, [], molecules=1)
    first = steps[c.REACTANTS].list.first().to_list()
    assert first.index("CCC=O") < first.index("CC=O")


def test_an_enumeration_that_would_explode_says_how_large_it_is(monkeypatch):
    monkeypatch.setattr("tscreen.screen.networks.queue.MOST_WAYS", 50)
    told = []
    queued({"CC=O": 0.0}, [], say=told.append, molecules=1)
    assert "ways to break and form bonds; the 50 with the fewest changes" in told[0]
    told.clear()
    queued({"CC=O": 0.0}, ["CC=O"], say=told.append, max_atoms=7)
    assert any("more than 7 atoms" in one for one in told)

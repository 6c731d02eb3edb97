"""Kinds of reactions: what training has seen, and which others are like it."""

import json
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from reactions import permuted, random_reaction

from tscreen.model.weights.kinds import LEAST_ROWS, change_of, kind_of, kinds_in
from tscreen.model.weights.seen import Seen, as_json, cover, from_json, joined
from tscreen.schemas.reaction import Reaction

C, F, CL, BR = 6, 9, 17, 35


def exchange(entering: int, leaving: int, charge: int = -1) -> Reaction:
    """A diatomic whose one atom is exchanged for a third."""
    apart, bonded = [0.0, 0.0, 9.0], [0.0, 0.0, 1.7]
    return Reaction(
        "exchange",
        np.array([entering, C, leaving], np.uint8),
        np.array([apart, [0, 0, 0], bonded], np.float32),
        np.array([bonded, [0, 0, 0], apart], np.float32),
        np.array([0, 1, 1], np.uint8),
        np.array([0, 0, 1], np.uint8),
        charge,
        1,
    )


def test_a_reaction_is_of_the_kind_of_its_state_elements_and_changing_bonds():
    kind = kind_of(exchange(F, CL))
    assert kind == Seen(
        (-1, 1), frozenset({(-1, 1)}), frozenset({C, F, CL}), frozenset({(C, F), (C, CL)})
    )


def test_a_change_of_bonds_is_the_same_in_both_directions_and_by_elements():
    assert change_of(exchange(F, CL)) == change_of(exchange(CL, F)) == "C-Cl | C-F"
    assert change_of(exchange(F, F)) == "C-F | C-F"
    falls_apart = replace(exchange(F, CL), reactant_positions=exchange(CL, CL).product_positions)
    assert change_of(falls_apart) != "C-Cl | C-F"


@given(st.integers(0, 10**6))
def test_the_kind_of_a_reaction_does_not_depend_on_the_order_of_its_atoms(seed):
    reaction = random_reaction(seed, n=8)
    order = np.random.default_rng(seed).permutation(8)
    assert kind_of(permuted(reaction, order)) == kind_of(reaction)
    assert change_of(permuted(reaction, order)) == change_of(reaction)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=5))
def test_training_on_a_few_reactions_covers_each_of_them(seeds):
    reactions = [random_reaction(seed, n=6) for seed in seeds]
    seen = kinds_in(reactions)
    assert all(cover(seen, kind_of(reaction)) for reaction in reactions)


def test_an_element_that_only_looks_on_has_taught_nothing_of_its_reactions():
    looking_on = replace(exchange(F, F), atomic_numbers=np.array([F, C, F], np.uint8))
    seen = [replace(kind_of(looking_on), elements=frozenset({C, F, CL}))]
    assert cover(seen, kind_of(looking_on))
    assert not cover(seen, kind_of(exchange(F, CL)))


def test_a_charge_is_covered_by_reactions_of_that_charge_alone():
    seen = kinds_in([exchange(F, CL), exchange(F, F, charge=0)])
    assert [one.state for one in seen] == [(-1, 1), (0, 1)]
    assert cover(seen, kind_of(exchange(F, CL)))
    assert not cover(seen, kind_of(exchange(F, CL, charge=0)))


def test_a_bond_that_hardly_any_reaction_changes_does_not_count():
    many = [exchange(F, F)] * (20 * LEAST_ROWS)
    rare = exchange(F, CL)
    assert not cover(kinds_in([*many, *[rare] * (LEAST_ROWS - 1)]), kind_of(rare))
    assert cover(kinds_in([*many, *[rare] * LEAST_ROWS]), kind_of(rare))


def test_what_was_seen_comes_back_from_json_and_joins_by_state():
    one, other = kinds_in([exchange(F, CL)]), kinds_in([exchange(BR, F), exchange(F, F, charge=0)])
    assert from_json(json.loads(json.dumps(as_json(one)))) == one
    both = joined(one, other)
    assert [seen.state for seen in both] == [(-1, 1), (0, 1)]
    assert both[0].bonds == {(C, F), (C, CL), (C, BR)}
    assert joined(both, one) == both

"""The networks speak of nothing that they were not trained on."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import LEVEL, card, small_model
from reactions import permuted, random_reaction, scattered

from tscreen.model.inference.assessment import assess
from tscreen.model.inference.coverage import SAMPLED, propose, with_middle
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.generator import Candidates
from tscreen.model.inference.prediction import predict
from tscreen.model.reactions.energies import Energies
from tscreen.schemas.reaction import Reaction

FEW = Sampling(n_samples=4, steps=1)
KNOWN = replace(random_reaction(1, product_fragments=2), reaction_id="known")
STRANGE = {
    "element": replace(KNOWN, atomic_numbers=KNOWN.atomic_numbers + np.uint8(8)),
    "charge": replace(KNOWN, charge=-1),
    "spin": replace(KNOWN, multiplicity=3),
    "ions": replace(KNOWN, product_states=[[1, 1], [-1, 1]]),
}


@pytest.fixture
def model(small_network):
    return small_model(small_network)


def distances(structures: np.ndarray) -> np.ndarray:
    return np.linalg.norm(structures[:, :, None] - structures[:, None], axis=-1)


@pytest.mark.parametrize("what", STRANGE)
def test_a_reaction_unlike_the_training_data_is_not_rated_and_its_neighbours_are(model, what):
    before, strange, after = propose(model, [KNOWN, STRANGE[what], KNOWN], FEW)
    (alone,) = propose(model, [KNOWN], FEW)
    assert (strange.p_good, np.isnan(strange.expected_rmsd)) == (0.0, True)
    for neighbour in (before, after):
        assert neighbour.expected_rmsd == pytest.approx(alone.expected_rmsd, rel=1e-3)


def test_the_middle_stands_last_where_an_element_is_unknown(model):
    found = {name: propose(model, [reaction], FEW)[0] for name, reaction in STRANGE.items()}
    middle = with_middle(found["element"].candidates, STRANGE["element"])
    assert np.array_equal(found["element"].candidates.structures, middle.structures)
    assert len(middle.structures) <= SAMPLED + 1
    (sampled,) = propose(model, [KNOWN], FEW)
    assert np.array_equal(found["ions"].candidates.structures, sampled.candidates.structures)
    for strange in found.values():  # which the networks see, without having learnt what they mean
        assert len(strange.samples.structures) == len(sampled.samples.structures)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_the_middle_turns_with_the_molecules_and_the_order_of_atoms(seed, fragments):
    reaction = random_reaction(seed, n=8, product_fragments=fragments)
    order = np.random.default_rng(seed).permutation(8)
    one = middle_of(reaction)
    moved = middle_of(permuted(scattered(reaction, seed), order))
    assert np.allclose(distances(one[:, order]), distances(moved), atol=0.05)


def middle_of(reaction: Reaction) -> np.ndarray:
    n = len(reaction.atomic_numbers)
    nothing = Candidates(np.zeros((0, n, 3), np.float32), np.zeros(0), np.zeros(0))
    return with_middle(nothing, reaction).structures


def energies_of(structures: np.ndarray, *values: float) -> Energies:
    return Energies(0.0, -1.0, np.array(values), np.zeros(structures.shape, np.float32))


@pytest.mark.parametrize("what", STRANGE)
def test_energies_rate_a_strange_reaction_no_better_and_predict_no_barrier(model, what):
    structures = np.stack([KNOWN.reactant_positions] * 3)
    candidates = Candidates(structures, np.zeros(3), np.zeros(3))
    energies = energies_of(structures, np.nan, 2.0, 1.0)
    (told,) = predict(model.assessor, card(), [STRANGE[what]], [candidates], [energies])
    assert told is not None
    assert (told.kept, told.p_good, told.barrier) == (1, 0.0, None)
    assert np.isnan(told.expected_rmsd)
    assert np.array_equal(told.structures[0], structures[1])


def test_a_level_names_barriers_of_the_states_that_it_was_trained_on_alone(model):
    def barrier(reaction: Reaction) -> object:
        structures = KNOWN.reactant_positions[None]
        (found,) = assess(model.assessor, [reaction], [structures], [energies_of(structures, 1.0)])
        return found.barrier_of(0, reaction, [LEVEL])

    assert barrier(KNOWN) is not None
    assert [barrier(STRANGE[name]) for name in ("charge", "spin", "ions")] == [None] * 3

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from reactions import random_reaction, rigidly_moved
from scipy.spatial.distance import pdist

from tscreen.model.reactions.assembly import assemble

seeds = st.integers(0, 2**31 - 1)


def assembled(r):
    return assemble(
        r.reactant_positions, r.product_positions, r.reactant_fragments, r.product_fragments
    )


@given(seeds, st.integers(1, 3))
def test_a_fragment_keeps_its_shape_and_handedness(seed, fragments):
    r = random_reaction(seed, product_fragments=fragments)
    _, product = assembled(r)
    for fragment in np.unique(r.product_fragments):
        atoms = r.product_fragments == fragment
        assert np.allclose(pdist(product[atoms]), pdist(r.product_positions[atoms]), atol=1e-4)
        if atoms.sum() > 3:
            first = np.flatnonzero(atoms)[:4]
            assert np.isclose(volume(product[first]), volume(r.product_positions[first]), atol=1e-3)


def volume(x: np.ndarray) -> float:
    return float(np.linalg.det((x[1:] - x[0]).astype(np.float64)))


@given(seeds, seeds, st.integers(1, 3))
def test_the_placement_of_fragments_is_forgotten(seed, motion, fragments):
    r = random_reaction(seed, product_fragments=fragments)
    other = rigidly_moved(r.product_positions, r.product_fragments, motion)
    reactant, product = assembled(r)
    same, moved = assemble(r.reactant_positions, other, r.reactant_fragments, r.product_fragments)
    assert np.allclose(same, reactant, atol=1e-3)
    assert np.allclose(pdist(moved), pdist(product), atol=2e-3)


def test_fragments_are_joined_where_both_sides_are_several_molecules():
    r = random_reaction(3, n=8)
    left = np.array([0, 0, 0, 0, 1, 1, 1, 1], dtype=np.uint8)
    right = np.array([0, 0, 1, 1, 1, 1, 0, 0], dtype=np.uint8)
    apart = rigidly_moved(r.reactant_positions, left, 1)
    reactant, product = assemble(apart, r.product_positions, left, right)
    assert np.isfinite(reactant).all()
    assert np.linalg.norm(reactant - product, axis=1).max() < 4.0

"""What both sides hold at once, and what departs from it least."""

import numpy as np
import pytest
from ase.build import molecule
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from tscreen.actors.between.held import Held, Wishes, held_pairs
from tscreen.schemas.bonds import bond_graph


def wishes(name: str) -> tuple[Wishes, np.ndarray]:
    """To keep a molecule as it is, and where its atoms are."""
    atoms = molecule(name)
    bonds = bond_graph(atoms.numbers, atoms.positions)
    return Wishes.of_sides(
        [Held.of(bonds, held_pairs(bonds, bonds))], [atoms.positions]
    ), atoms.positions


def test_a_bond_an_angle_and_a_stiff_bond_hold_and_nothing_else():
    chain = np.eye(5, k=1, dtype=bool) | np.eye(5, k=-1, dtype=bool)
    apart = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    loose = held_pairs(chain, np.zeros_like(chain))
    np.testing.assert_array_equal(loose, (apart > 0) & (apart <= 2))
    stiff = np.zeros_like(chain)
    stiff[1, 2] = stiff[2, 1] = True
    more = held_pairs(chain, stiff) & ~loose
    np.testing.assert_array_equal(np.argwhere(more), [[0, 3], [3, 0]])


@given(st.integers(0, 2**32 - 1))
def test_a_molecule_departs_from_itself_by_nothing_wherever_it_lies(seed):
    kept, positions = wishes("C2H6")
    moved = Rotation.random(random_state=seed).apply(positions) + seed % 7
    assert kept.departure(moved)[0] == pytest.approx(0.0, abs=1e-12)


def test_a_mirror_image_departs_where_an_atom_has_four_neighbours():
    kept, positions = wishes("CH4")
    assert kept.departure(positions * (1, 1, -1))[0] > 1.0


@pytest.mark.parametrize("least", [False, True])
def test_the_gradient_is_that_of_the_departure(least):
    kept, positions = wishes("CH3CH2OH")
    kept = kept.also(np.array([[0, 8], [1, 4]]), np.array([3.0, 1.0]), 2.0, least)
    chance = np.random.default_rng(1)
    x, step = (
        positions + chance.normal(0, 0.3, positions.shape),
        chance.normal(size=positions.shape),
    )
    ahead, behind = (kept.departure(x + h * step)[0] for h in (1e-5, -1e-5))
    slope = (kept.departure(x)[1] * step).sum()
    assert (ahead - behind) / 2e-5 == pytest.approx(slope, rel=1e-5)


def test_a_least_length_may_be_exceeded():
    kept, positions = wishes("H2O")
    near, far = (kept.also(np.array([[1, 2]]), np.array([d]), 1.0, least=True) for d in (1.0, 9.0))
    assert near.departure(positions)[0] == pytest.approx(0.0, abs=1e-12)
    assert far.departure(positions)[0] > 1.0


def test_a_shaken_molecule_finds_back():
    kept, positions = wishes("CH3CH2OH")
    shaken = positions + np.random.default_rng(0).normal(0, 0.1, positions.shape)
    left, found = kept.nearest(shaken)
    assert left < 1e-3
    assert kept.departure(found)[0] == pytest.approx(left)

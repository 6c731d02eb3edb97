import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from tscreen.model.evaluation.permissive import CUT, permissive_rmsd
from tscreen.model.reactions.geometry import (
    canonical_frame,
    centre,
    kabsch_rotation,
    rmsd,
    superpose,
)
from tscreen.model.reactions.quaternions import quaternion_rotation
from tscreen.model.reactions.superposition import proper_rotation

seeds = st.integers(0, 2**31 - 1)


def cloud(seed: int, n: int = 9) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(0, 2, (n, 3)).astype(np.float32))


def moved(x: torch.Tensor, seed: int) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    turn = torch.from_numpy(Rotation.random(random_state=rng).as_matrix().astype(np.float32))
    return x @ turn + torch.from_numpy(rng.normal(0, 5, 3).astype(np.float32))


ALL = torch.ones(9, dtype=torch.bool)


@given(seeds, seeds)
def test_rmsd_does_not_see_rigid_motion(a, b):
    x = cloud(a)
    assert rmsd(moved(x, b), x, ALL) < 1e-4
    y = cloud(a + 1)
    assert abs(rmsd(moved(x, b), y, ALL) - rmsd(x, y, ALL)) < 1e-4


@given(seeds)
def test_rmsd_tells_mirror_images_apart(seed):
    x = cloud(seed)
    assert rmsd(x * torch.tensor([1.0, 1.0, -1.0]), x, ALL) > 0.05


@given(seeds, seeds)
def test_superposition_ignores_padding_atoms(a, b):
    mask = ALL.clone()
    mask[6:] = False
    x, y = cloud(a), moved(cloud(a), b)
    y[6:] += 100.0
    assert (superpose(y, x, mask)[:6] - x[:6]).abs().max() < 1e-3


@given(seeds)
def test_numpy_and_torch_rotations_agree(seed):
    x, y = (cloud(s) - cloud(s).mean(0) for s in (seed, seed + 1))
    turned = superpose(x, y, ALL)
    assert np.allclose(x.numpy() @ proper_rotation(x.numpy(), y.numpy()), turned, atol=1e-3)


@given(seeds, seeds, st.booleans())
def test_quaternions_and_decomposition_find_the_same_rotation(a, b, mirrored):
    x = centre(cloud(a), ALL)
    y = centre(moved(cloud(a), b) + 0.3 * cloud(b), ALL)
    if mirrored:
        y = y * torch.tensor([1.0, 1.0, -1.0])
    found, known = quaternion_rotation(x, y), kabsch_rotation(x, y)
    assert (found @ found.T - torch.eye(3)).abs().max() < 1e-5
    assert torch.linalg.det(found) > 0.99
    # Where two rotations are about as good, either may be found, and it is as good.
    assert abs((x @ found - y).square().sum() - (x @ known - y).square().sum()) < 1e-2


def test_quaternions_find_a_clear_rotation_to_single_precision_in_a_batch():
    x = torch.stack([centre(cloud(seed), ALL) for seed in range(20)])
    y = torch.stack([centre(moved(one, seed), ALL) for seed, one in enumerate(x)])
    assert (quaternion_rotation(x, y) - kabsch_rotation(x, y)).abs().max() < 1e-5


def test_where_nothing_can_be_turned_quaternions_leave_it():
    nowhere = torch.zeros(2, 9, 3)
    assert torch.equal(quaternion_rotation(nowhere, nowhere), torch.eye(3).expand(2, 3, 3))


@given(seeds, seeds)
def test_canonical_frame_is_the_same_however_a_structure_lies(a, b):
    weight = torch.arange(1.0, 10.0)
    here = canonical_frame(cloud(a), ALL, weight)
    there = canonical_frame(moved(cloud(a), b), ALL, weight)
    assert (here - there).abs().max() < 2e-2  # eigenvectors of near-equal moments are soft
    assert rmsd(here, cloud(a), ALL) < 1e-4  # no reflection


@given(seeds, st.permutations(range(9)))
def test_permissive_rmsd_forgives_exchange_and_mirror(seed, order):
    numbers = np.full(9, 6)
    x = cloud(seed).numpy()
    y = x + np.random.default_rng(seed).normal(0, 0.01, x.shape)
    mirror = y * np.array([1, 1, -1])
    strict = float(rmsd(torch.tensor(mirror), torch.tensor(x).double(), ALL))
    assert permissive_rmsd(numbers, mirror, x) < 0.03 < strict
    assert permissive_rmsd(numbers, x[list(order)], x) <= CUT


def test_permissive_rmsd_exchanges_only_atoms_of_one_element():
    x = np.array([[0.0, 0, 0], [1.1, 0, 0], [0, 1.3, 0], [0, 0, 1.7]])
    exchanged = x[[1, 0, 2, 3]]
    assert permissive_rmsd(np.array([6, 6, 1, 8]), exchanged, x) < 1e-6
    assert permissive_rmsd(np.array([6, 7, 1, 8]), exchanged, x) > 0.3

"""The evaluator in NumPy is the network with autograd, and what it computes is an energy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from threadpoolctl import ThreadpoolController

from tscreen.model.correction.evaluator import CommitteeEvaluator, Shape
from tscreen.model.correction.network import CorrectionConfig, CorrectionNetwork
from tscreen.model.correction.structures import pad

CONFIG = CorrectionConfig(channels=24, message_channels=8, n_radial=6, cutoff=4.0, n_outputs=4)
SHAPE = Shape(CONFIG.message_channels, CONFIG.n_radial, CONFIG.cutoff)


def network(seed: int) -> CorrectionNetwork:
    """A network in which nothing is trivially zero."""
    torch.manual_seed(seed)
    made = CorrectionNetwork(CONFIG)
    torch.nn.init.normal_(made.out.weight)
    return made.eval()


NETWORKS = [network(seed) for seed in range(3)]
MEMBERS = [{k: v.numpy() for k, v in made.state_dict().items()} for made in NETWORKS]


def evaluator(numbers: np.ndarray, output: int = 2, members=MEMBERS) -> CommitteeEvaluator:
    return CommitteeEvaluator(members, SHAPE, numbers, output)


def blob(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Atoms that see each other, none on top of another."""
    draw = np.random.default_rng(seed)
    numbers = draw.choice([1, 6, 7, 8], n).astype(np.uint8)
    grid = np.stack(np.meshgrid(*[np.arange(3)] * 3), -1).reshape(-1, 3)[:n] * 1.3
    return numbers, grid + draw.normal(0, 0.15, grid.shape)


@pytest.mark.parametrize("n", [1, 2, 3, 9, 20])
@pytest.mark.parametrize("members", [1, 3])
def test_it_gives_the_numbers_of_the_network_with_autograd(n, members):
    numbers, positions = blob(n, n)
    energies, forces = [], []
    for made in NETWORKS[:members]:
        molecules = pad([numbers], [positions])
        molecules.positions.requires_grad_()
        found = made(molecules)[0]
        energies.append(found.detach().numpy())
        (slope,) = torch.autograd.grad(found[2], molecules.positions)
        forces.append(-slope[0].numpy())
    energy, force = evaluator(numbers, members=MEMBERS[:members])(positions)
    assert energy == pytest.approx(np.mean(energies, 0)[2], abs=2e-5)
    np.testing.assert_allclose(force, np.mean(forces, 0), atol=5e-5)
    outputs = evaluator(numbers, members=MEMBERS[:members]).outputs(positions)
    np.testing.assert_allclose(outputs, energies, atol=2e-5)


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 12), mirrored=st.booleans())
def test_turning_moving_mirroring_and_renumbering_change_nothing(seed, n, mirrored):
    numbers, positions = blob(seed, n)
    turn = Rotation.random(rng=np.random.default_rng(seed)).as_matrix()
    turn = -turn if mirrored else turn
    order = np.random.default_rng(seed).permutation(n)
    energy, forces = evaluator(numbers)(positions)
    other, turned = evaluator(numbers[order])((positions @ turn + 3.0)[order])
    assert other == pytest.approx(energy, abs=1e-4)
    np.testing.assert_allclose(turned, (forces @ turn)[order], atol=2e-4)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 10))
def test_forces_are_minus_the_slope_of_the_energy(seed, n):
    numbers, positions = blob(seed, n)
    evaluate = evaluator(numbers)
    way = np.random.default_rng(seed).normal(size=positions.shape)
    ahead, behind = (evaluate(positions + step * way)[0] for step in (1e-3, -1e-3))
    _, forces = evaluate(positions)
    # Single precision leaves some 1e-6 in an energy.
    assert (ahead - behind) / 2e-3 == pytest.approx(-(forces * way).sum(), abs=1e-2)


def test_lone_atoms_have_no_correction():
    for number in (1, 6, 8):
        energy, forces = evaluator(np.array([number], np.uint8))(np.ones((1, 3)))
        assert energy == pytest.approx(0, abs=1e-6)
        np.testing.assert_array_equal(forces, 0)


def test_atoms_pulled_apart_have_none_and_molecules_pulled_apart_add_up():
    numbers, positions = blob(0, 4)
    energy, forces = evaluator(numbers)(10.0 * positions)
    assert energy == pytest.approx(0, abs=1e-5)
    np.testing.assert_array_equal(forces, 0)
    twice = np.concatenate([numbers, numbers])
    apart = np.concatenate([positions, positions + 50.0])
    alone = evaluator(numbers)(positions)[0]
    assert evaluator(twice)(apart)[0] == pytest.approx(2 * alone, abs=1e-5)


def test_energy_and_forces_fade_out_at_the_cutoff():
    numbers = np.array([6, 8], np.uint8)
    evaluate = evaluator(numbers)

    def at(distance: float) -> tuple[float, float]:
        energy, forces = evaluate(np.array([[0, 0, 0], [0, 0, distance]]))
        return energy, forces[1, 2]

    inside, beyond = at(CONFIG.cutoff - 0.01), at(CONFIG.cutoff + 0.01)
    np.testing.assert_allclose(inside, beyond, atol=1e-4)
    np.testing.assert_allclose(beyond, 0, atol=1e-6)
    distances = np.arange(3.5, 4.2, 0.01)
    forces = np.array([at(distance)[1] for distance in distances])
    assert np.abs(np.diff(forces)).max() < 0.2 * np.abs(forces).max() + 1e-5


def test_matrix_products_take_one_thread_and_leave_the_rest_as_it_was(monkeypatch):
    numbers, positions = blob(0, 9)
    made, pools = evaluator(numbers), ThreadpoolController().select(user_api="blas")

    def threads() -> list[int]:
        return [pool["num_threads"] for pool in pools.info()]

    def watched(self, basis, forward=CommitteeEvaluator._forward):
        seen.append(threads())
        return forward(self, basis)

    seen: list[list[int]] = []
    monkeypatch.setattr(CommitteeEvaluator, "_forward", watched)
    with pools.limit(limits=2):
        before = threads()
        made(positions)
        made.outputs(positions)
        assert threads() == before
    assert max(before) == 2
    assert len(seen) == 2
    assert all(set(counts) == {1} for counts in seen)

"""Training of one member of the committee."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from tscreen.model.correction.committee import OUTPUTS_OF_A_LEVEL
from tscreen.model.correction.network import CorrectionConfig, CorrectionNetwork
from tscreen.model.correction.structures import Molecules, pad
from tscreen.model.correction.training.stationary import (
    Head,
    LabelledReaction,
    Role,
    StationaryPoint,
)
from tscreen.model.reactions.data import by_table
from tscreen.model.training.checkpoints import ResumableTraining
from tscreen.model.training.fine_tuning import FINE_TUNING_PEAK
from tscreen.schemas.units import KCAL_MOL

BATCH_ATOMS = 260
"""Atoms of the transition states of a batch: some 18 reactions of 14 atoms."""
TS_WEIGHT = 2.0
BARRIER_WEIGHT = 1.5
ZERO_POINT_WEIGHT = 1.0
REACTION_WEIGHT = 0.5
"""Of reaction energies where they are known: few rows in a batch, so that each counts for more."""
DISPLACEMENT_WEIGHT = 2.0
PRODUCTS_KEPT = 0.5
LARGE = 20
"""A reaction of N > LARGE atoms takes part in an epoch with probability (LARGE / N)³."""
LEAST_SHARE, MOST_TURNS = 0.05, 4
"""Rows of a table that has less than this share of all take part several times in an epoch."""
SIGNS: dict[Role, tuple[float, float]] = {
    "ts": (1.0, 0.0),
    "reactant": (-1.0, -1.0),
    "product": (0.0, 1.0),
}
"""Of the energy of a molecule in the barrier and in the reaction energy."""
SMOOTH = 1e-8
"""eV²/Å²; keeps the norm of an error smooth at zero."""


class CorrectionLosses(NamedTuple):
    """Means over a batch.

    Attributes:
        ts: force error at transition states, eV/Å.
        sides: at the molecules of both sides, eV/Å.
        barrier: error of the barrier, eV.
        zero_point: error of its zero-point part, eV.
        reaction: error of the electronic reaction energy, eV.
        displacement: how far the surface's own saddle points are from the reference, by a Newton
            step, Å.
    """

    ts: Tensor
    sides: Tensor
    barrier: Tensor
    zero_point: Tensor
    reaction: Tensor
    displacement: Tensor

    def total(self) -> Tensor:
        """What is minimised."""
        forces = TS_WEIGHT * self.ts + self.sides
        energies = BARRIER_WEIGHT * self.barrier + ZERO_POINT_WEIGHT * self.zero_point
        energies = energies + REACTION_WEIGHT * self.reaction
        return forces + energies + DISPLACEMENT_WEIGHT * self.displacement


class Evaluated(NamedTuple):
    """What a network says of the S molecules of R reactions, in order.

    Attributes:
        force_error: mean over the atoms of each molecule (S,), eV/Å.
        left: of the force on every atom (N, 3) of each molecule, eV/Å.
        barrier: correction of each barrier at its level, zero-point part included, (R,), eV.
        zero_point: that part (R,), eV.
        reaction: correction of each electronic reaction energy (R,), eV; of no meaning where the
            molecules of the product are not among those asked for.
        displacement: of the transition states whose softness is known, (T,), Å.
    """

    force_error: Tensor
    left: list[Tensor]
    barrier: Tensor
    zero_point: Tensor
    reaction: Tensor
    displacement: Tensor


class CorrectionTrainer(ResumableTraining[CorrectionNetwork, LabelledReaction, dict[str, Any]]):
    """Training of one member; its seed names its files."""

    gradient_clip = 1.0
    validate_every_minutes = 5.0
    progress_key = "position"

    def __init__(
        self,
        rows: Sequence[LabelledReaction],
        val: Sequence[LabelledReaction],
        heads: Sequence[Head],
        out: Path,
        *,
        max_minutes: float,
        seed: int = 0,
        config: CorrectionConfig | None = None,
        init: CorrectionNetwork | None = None,
    ):
        """A new network of that size, or one that goes on from ``init``."""
        torch.manual_seed(seed)
        config = config or CorrectionConfig(n_outputs=OUTPUTS_OF_A_LEVEL * len(heads))
        network = init or CorrectionNetwork(config)
        super().__init__(network, rows, out, max_minutes=max_minutes, seed=seed)
        self.val, self.heads = val, list(heads)
        if init:
            self.progress.peak = FINE_TUNING_PEAK

    @property
    def checkpoint(self) -> Path:
        """The file that a killed run goes on from."""
        return self.out / f"correction-{self.seed}.pt"

    @property
    def curve(self) -> Path:
        """The file of the learning curve."""
        return self.checkpoint.with_suffix(".jsonl")

    def build(self, config: dict[str, Any]) -> CorrectionNetwork:
        """A network of that size."""
        return CorrectionNetwork(CorrectionConfig(**config))

    def described(self) -> dict[str, Any]:
        """Its sizes, and what its read-outs are for."""
        heads = [list(head) for head in self.heads]
        return {"config": asdict(self.network.config), "heads": heads}

    def epoch(self, number: int) -> list[list[int]]:
        """Shuffled batches, each of reactions of like size."""
        sizes = np.array([row.n_atoms for row in self.rows])
        return _epoch(sizes, _turns(self.rows), self.seed, number)

    def loss(self, rows: list[LabelledReaction], generator: torch.Generator) -> Tensor:
        """See `CorrectionLosses`; products that tell forces alone are left out of some."""
        draws = np.random.default_rng([self.seed, self.progress.step])
        with_products = draws.random(len(rows)) < PRODUCTS_KEPT
        with_products |= np.isfinite([row.reaction_energy for row in rows])
        losses = batch_losses(self.network, rows, self.heads, with_products)
        self.recent.append(torch.stack(losses).detach())
        return losses.total()

    def validate(self) -> dict[str, Any]:
        """Errors of the averaged weights on the validation rows, appended to the learning curve."""
        network = self.averaged()
        point = {
            **asdict(self.progress),
            "train": self.recent_means(),
            "val": {
                name: member_errors([network], rows, self.heads)
                for name, rows in by_table(self.val).items()
            },
        }
        self.note(point)
        return point


def _turns(rows: Sequence[LabelledReaction]) -> np.ndarray:
    """How often each row takes part in an epoch (R,)."""
    own = {name: len(some) for name, some in by_table(rows).items()}
    wanted = [np.ceil(LEAST_SHARE * len(rows) / own[row.table]) for row in rows]
    return np.clip(wanted, 1, MOST_TURNS).astype(int)


def _epoch(sizes: np.ndarray, turns: np.ndarray, seed: int, epoch: int) -> list[list[int]]:
    """Shuffled batches of an epoch, each of reactions of like size."""
    generator = np.random.default_rng([seed, epoch])
    every = np.repeat(np.arange(len(sizes)), turns)
    drawn = every[generator.random(len(every)) < (LARGE / sizes[every]) ** 3]
    order = generator.permutation(drawn)
    order = order[np.argsort(sizes[order] + generator.uniform(-1.5, 1.5, len(order)))]
    batches: list[list[int]] = [[]]
    filled = 0
    for index in order:
        if filled + sizes[index] > BATCH_ATOMS and batches[-1]:
            batches.append([])
            filled = 0
        batches[-1].append(int(index))
        filled += sizes[index]
    generator.shuffle(batches)
    return batches


def batch_losses(
    network: CorrectionNetwork,
    rows: Sequence[LabelledReaction],
    heads: Sequence[Head],
    with_products: np.ndarray,
) -> CorrectionLosses:
    """CorrectionLosses of a batch, products only where asked for; reaction energies need them."""
    points = [points_of(row, kept) for row, kept in zip(rows, with_products, strict=True)]
    found = evaluate_points(network, points, [heads.index(row.head) for row in rows])
    is_ts = torch.tensor([point.role == "ts" for p in points for point in p])
    zero = found.force_error.new_zeros(())
    known = _energies_of(rows)
    told = _told(found, rows)
    barrier, zero_point, reaction = (
        (x[usable] - torch.from_numpy(y[usable]).to(x.dtype)).abs().mean() if usable.any() else zero
        for x, y, usable in zip(told, known, np.isfinite(known), strict=True)
    )
    sides = found.force_error[~is_ts].mean()
    displacement = found.displacement.mean() if len(found.displacement) else zero
    return CorrectionLosses(
        found.force_error[is_ts].mean(), sides, barrier, zero_point, reaction, displacement
    )


def _told(found: Evaluated, rows: Sequence[LabelledReaction]) -> Tensor:
    """What stands beside `_energies_of` (3, R)."""
    electronic = torch.tensor([row.electronic for row in rows])
    barrier = torch.where(electronic, found.barrier - found.zero_point, found.barrier)
    return torch.stack([barrier, found.zero_point, found.reaction])


def _energies_of(rows: Sequence[LabelledReaction]) -> np.ndarray:
    """Barriers, their zero-point part and reaction energies (3, R) in eV, nan where unknown."""
    return np.array([[row.barrier, row.zero_point, row.reaction_energy] for row in rows]).T


def points_of(row: LabelledReaction, with_products: bool) -> list[StationaryPoint]:
    """The molecules of a reaction, TS first, then the reactant's."""
    return [row.ts, *row.reactant, *(row.product if with_products else ())]


def evaluate_points(
    network: CorrectionNetwork,
    points: Sequence[Sequence[StationaryPoint]],
    heads: Sequence[int],
    *,
    create_graph: bool = True,
) -> Evaluated:
    """What the network says of the molecules of each reaction, batches of like size at a time."""
    flat = [(owner, point) for owner, some in enumerate(points) for point in some]
    order: list[int] = []
    electronic, zero_points, off = [], [], []
    left: list[Tensor] = []
    displacements: list[Tensor] = []
    for part in _like_size([len(point.numbers) for _, point in flat]):
        chosen = [flat[i][1] for i in part]
        batch = pad([p.numbers for p in chosen], [p.positions for p in chosen])
        gfn2 = pad([p.numbers for p in chosen], [p.forces for p in chosen]).positions
        x = batch.positions.requires_grad_()
        column = OUTPUTS_OF_A_LEVEL * torch.tensor([[heads[flat[i][0]]] for i in part])
        with torch.enable_grad():
            out = network(Molecules(batch.numbers, x))
            energy = out.gather(1, column)[:, 0]
            (gradient,) = torch.autograd.grad(energy.sum(), x, create_graph=create_graph)
        force = gfn2 - gradient
        error = (force.square().sum(-1) + SMOOTH).sqrt() * batch.mask
        off.append(error.sum(1) / batch.mask.sum(1))
        displacements.append(_displacements(chosen, force))
        left += [f[m] for f, m in zip(force.detach(), batch.mask, strict=True)]
        electronic.append(energy)
        zero_points.append(out.gather(1, column + 1)[:, 0])
        order += part
    back = torch.from_numpy(np.argsort(order))
    owner = torch.tensor([owner for owner, _ in flat])
    parts = torch.stack([torch.cat(electronic)[back], torch.cat(zero_points)[back]])
    in_barrier, in_reaction = torch.tensor([SIGNS[p.role] for _, p in flat]).T
    barrier = parts.new_zeros(2, len(points)).index_add(1, owner, in_barrier * parts)
    reaction = parts.new_zeros(len(points)).index_add(0, owner, in_reaction * parts[0])
    return Evaluated(
        torch.cat(off)[back],
        [left[i] for i in back],
        barrier.sum(0),
        barrier[1],
        reaction,
        torch.cat(displacements),
    )


def _displacements(points: Sequence[StationaryPoint], force: Tensor) -> Tensor:
    """Newton steps (T,) in Å, root mean square over atoms, of the points of known softness.

    ``force`` (S, N, 3) in eV/Å is what is left of the force on padded molecules.
    """
    rows = [row for row, point in enumerate(points) if point.softness is not None]
    width = 3 * force.shape[1]
    softness = force.new_zeros(len(rows), width, width)
    for k, row in enumerate(rows):
        known = torch.from_numpy(points[row].softness)
        softness[k, : len(known), : len(known)] = known
    atoms = force.new_tensor([len(points[row].numbers) for row in rows])
    step = softness @ force[rows].reshape(len(rows), width, 1)
    return (step.square().sum((1, 2)) / atoms + SMOOTH).sqrt()


def _like_size(sizes: Sequence[int], spread: float = 1.3) -> list[list[int]]:
    """Indices cut into batches whose largest molecule is at most ``spread`` times the smallest."""
    order = np.argsort(sizes, kind="stable")[::-1]
    parts: list[list[int]] = []
    for index in order:
        largest = sizes[parts[-1][0]] if parts else 0
        if not parts or sizes[index] * spread < largest:
            parts.append([])
        parts[-1].append(int(index))
    return parts


def member_errors(
    networks: Sequence[CorrectionNetwork],
    rows: Sequence[LabelledReaction],
    heads: Sequence[Head],
) -> dict[str, list[float]]:
    """Mean and median errors of the members' mean.

    Forces on every atom by role, eV/Å, barriers, their zero-point part and reaction energies,
    kcal/mol, and the mean of the members' displacements, Å; beside them what GFN2-xTB alone has
    (`gfn2_...`).
    """
    forces: dict[str, list[Tensor]] = defaultdict(list)
    energies, moved = [], []
    for start in range(0, len(rows), 32):
        part = rows[start : start + 32]
        points = [points_of(row, True) for row in part]
        numbers = [heads.index(row.head) for row in part]
        found = [evaluate_points(net, points, numbers, create_graph=False) for net in networks]
        flat = [point for some in points for point in some]
        for k, point in enumerate(flat):
            left = torch.stack([one.left[k] for one in found]).mean(0)
            forces[point.role].append(left.norm(dim=-1))
            forces[f"gfn2_{point.role}"].append(torch.from_numpy(point.forces).norm(dim=-1))
        told = torch.stack([_told(one, part) for one in found])
        energies.append(told.mean(0).detach().numpy())
        moved.append(torch.stack([one.displacement for one in found]).mean(0).detach().numpy())
    known = _energies_of(rows)
    off = np.abs(np.concatenate(energies, axis=1) - known) / KCAL_MOL
    every = {role: torch.cat(x).numpy() for role, x in forces.items()}
    every |= {
        **dict(zip(("barrier", "zero_point", "reaction_energy"), off, strict=True)),
        "displacement": np.concatenate(moved),
        "gfn2_barrier": np.abs(known[0]) / KCAL_MOL,
        "gfn2_reaction_energy": np.abs(known[2]) / KCAL_MOL,
    }
    finite = {name: x[np.isfinite(x)] for name, x in every.items()}
    return {k: [float(x.mean()), float(np.median(x))] for k, x in finite.items() if len(x)}

"""What a correction learns: stationary points of a reference level, with GFN2-xTB's forces.

At a stationary point of the reference the force is zero, so the correction's force there is
minus that of GFN2-xTB, for every atom; barriers and reaction energies give its energy differences.
Any other structure will do as well where the reference's forces are known: what they leave of
GFN2-xTB's is such a label, too, and what stands for the barrier is the structure's energy above the
reactant.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tscreen.schemas import columns as c
from tscreen.schemas.units import KCAL_MOL

LEAST_CURVATURE = 0.3
"""eV/Å²; along softer modes GFN2-xTB's curvature says little of the corrected surface's."""

IMPLAUSIBLE = 5.0
"""Largest force on an atom of a side, eV/Å: with more the charge, the spin or the geometry of a row
is not what it says. Of 2,175 different molecules of Cyclo-23-TS one is beyond it, a dianion that is
called neutral."""

Role = Literal["ts", "reactant", "product"]

SCHEMA = pa.schema(
    [
        ("reaction_id", pa.string()),
        ("role", pa.string()),
        ("atomic_numbers", pa.list_(pa.uint8())),
        ("positions", pa.list_(pa.float32())),
        ("charge", pa.int32()),
        ("multiplicity", pa.int32()),
        ("energy_ev", pa.float64()),
        ("forces", pa.list_(pa.float32())),
        ("zero_point_ev", pa.float64()),
        ("softness", pa.list_(pa.float32())),
    ]
)


@dataclass(frozen=True)
class StationaryPoint:
    """One molecule of N atoms at a stationary point of the reference level.

    Attributes:
        reaction_id: the reaction that it belongs to.
        role: a transition state, or a molecule of one side.
        numbers: (N,).
        positions: (N, 3) in Å.
        charge: of this molecule.
        multiplicity: of this molecule.
        energy: GFN2-xTB's, eV.
        forces: GFN2-xTB's less the reference's (N, 3), eV/Å.
        zero_point: vibrational energy at this structure, eV; nan where it was not computed.
        softness: how far a force moves the stationary point, (3N, 3N) in Å²/eV (see `softness_of`);
            None where it was not computed.
    """

    reaction_id: str
    role: Role
    numbers: NDArray[np.uint8]
    positions: NDArray[np.float32]
    charge: int
    multiplicity: int
    energy: float
    forces: NDArray[np.float32]
    zero_point: float = float("nan")
    softness: NDArray[np.float32] | None = None

    @property
    def largest_force(self) -> float:
        """On any atom, eV/Å."""
        return float(np.linalg.norm(self.forces, axis=1).max())


class Head(NamedTuple):
    """What one read-out of the networks is for: they see atoms, not charges and spins."""

    level: str
    charge: int
    multiplicity: int


@dataclass(frozen=True)
class LabelledReaction:
    """The stationary points of a reaction and its reference barrier.

    Attributes:
        reaction_id: unique name.
        table: name of the table that it comes from.
        level: level of theory of the barrier.
        barrier: reference less GFN2-xTB's at the reference structures, eV; nan where unknown.
        gfn2_barrier: GFN2-xTB's at the reference structures, eV.
        zero_point: part of vibrations in the barrier, eV; nan where it was not computed, 0 where
            the level leaves it out.
        electronic: whether the barrier is without that part although the level has it: what stands
            for the TS is no stationary point.
        ts: the transition state.
        reactant: molecules of the reactant side.
        product: molecules of the product side.
        change: of bonds, see `kinds.change_of`.
        reaction_energy: electronic, reference less GFN2-xTB's at the reference structures, eV; nan
            where unknown.
    """

    reaction_id: str
    table: str
    level: str
    barrier: float
    gfn2_barrier: float
    zero_point: float
    ts: StationaryPoint
    reactant: tuple[StationaryPoint, ...]
    product: tuple[StationaryPoint, ...]
    change: str = ""
    reaction_energy: float = float("nan")
    electronic: bool = False

    @property
    def n_atoms(self) -> int:
        """Atoms of the transition state."""
        return len(self.ts.numbers)

    @property
    def head(self) -> Head:
        """The read-out that learns from it."""
        return Head(self.level, self.ts.charge, self.ts.multiplicity)


def write_points(points: Iterable[StationaryPoint], path: Path) -> None:
    """Write labels to Parquet, whole or not at all."""
    rows = [
        {
            "reaction_id": p.reaction_id,
            "role": p.role,
            "atomic_numbers": p.numbers,
            "positions": p.positions.reshape(-1),
            "charge": p.charge,
            "multiplicity": p.multiplicity,
            "energy_ev": p.energy,
            "forces": p.forces.reshape(-1),
            "zero_point_ev": p.zero_point,
            "softness": None if p.softness is None else p.softness.reshape(-1),
        }
        for p in points
    ]
    part = path.with_suffix(".part")
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), part)
    part.replace(path)


def read_points(path: Path) -> dict[str, list[StationaryPoint]]:
    """Labels by reaction."""
    found: dict[str, list[StationaryPoint]] = defaultdict(list)
    for row in pq.read_table(path).to_pylist():
        found[row["reaction_id"]].append(
            StationaryPoint(
                row["reaction_id"],
                row["role"],
                np.array(row["atomic_numbers"], dtype=np.uint8),
                np.array(row["positions"], dtype=np.float32).reshape(-1, 3),
                row["charge"],
                row["multiplicity"],
                row["energy_ev"],
                np.array(row["forces"], dtype=np.float32).reshape(-1, 3),
                row["zero_point_ev"],
                _square(row["softness"]),
            )
        )
    return dict(found)


def _square(cells: Sequence[float] | None) -> NDArray[np.float32] | None:
    if cells is None:
        return None
    flat = np.array(cells, dtype=np.float32)
    side = round(len(flat) ** 0.5)
    return flat.reshape(side, side)


def softness_of(
    hessian: NDArray[np.floating], internal: NDArray[np.floating]
) -> NDArray[np.float32]:
    """The matrix that takes a force in eV/Å at a stationary point to the Newton step off it in Å.

    Args:
        hessian: (3N, 3N) in eV/Å².
        internal: orthonormal basis of internal motion (3N, V).
    """
    curvature, modes = np.linalg.eigh(internal.T @ hessian @ internal)
    along = internal @ modes
    return ((along / np.maximum(np.abs(curvature), LEAST_CURVATURE)) @ along.T).astype(np.float32)


def why_unusable(points: Sequence[StationaryPoint]) -> str | None:
    """What keeps a reaction with these points from teaching anything; None if nothing does."""
    computed = _computed(points)
    if all(point.role != "reactant" for point in points):
        return "the geometry of its reactant at the level of reference is not known"
    for role in ("ts", "reactant"):
        if len(computed[role]) != sum(point.role == role for point in points):
            return "GFN2-xTB failed for its transition state or reactant"
    sides = [*computed["reactant"], *computed["product"]]
    largest = max(point.largest_force for point in sides)
    if largest > IMPLAUSIBLE:
        return (
            f"GFN2-xTB's force on an atom of a side is {largest:.1f} eV/Å, so that its charge, "
            "multiplicity or geometry cannot be what the row says"
        )
    return None


def _computed(points: Sequence[StationaryPoint]) -> dict[str, list[StationaryPoint]]:
    """Those that GFN2-xTB did not fail for, by their role."""
    by_role: dict[str, list[StationaryPoint]] = defaultdict(list)
    for point in points:
        if np.isfinite(point.energy) and np.isfinite(point.forces).all():
            by_role[point.role].append(point)
    return by_role


def labelled(
    reaction_id: str,
    table: str,
    level: str,
    barrier_kcal_mol: float | None,
    points: Sequence[StationaryPoint],
    change: str = "",
    reaction_energy_kcal_mol: float | None = None,
    *,
    has_ts: bool = True,
) -> LabelledReaction | None:
    """A reaction with its labels, None where they are of no use; see `why_unusable`.

    Its reaction energy is electronic, its barrier as the level has it, and without ``has_ts``
    electronic, too.
    """
    if why_unusable(points) is not None:
        return None
    by_role = _computed(points)
    (ts,) = by_role["ts"]
    reactant = sum(p.energy for p in by_role["reactant"])
    gfn2 = ts.energy - reactant
    barrier = _ev(barrier_kcal_mol) - gfn2
    of_product = [p.energy for p in points if p.role == "product"]
    # Without any, the geometry of the product is not known.
    product = sum(of_product) if of_product else float("nan")
    vibrations = ts.zero_point - sum(p.zero_point for p in by_role["reactant"])
    vibrating = level.endswith(c.WITH_ZERO_POINT)
    return LabelledReaction(
        reaction_id,
        table,
        level,
        barrier,
        gfn2,
        vibrations if vibrating else 0.0,
        ts,
        tuple(by_role["reactant"]),
        tuple(by_role["product"]),
        change,
        _ev(reaction_energy_kcal_mol) - (product - reactant),
        vibrating and not has_ts,
    )


def _ev(kcal_mol: float | None) -> float:
    """Nan for what is not known."""
    return float("nan") if kcal_mol is None else kcal_mol * KCAL_MOL

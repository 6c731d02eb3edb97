"""GFN2-xTB at the structures of reference tables: the labels of its correction."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from ase import units
from numpy.typing import NDArray

from tscreen.actors.quantum.coverage import surface_of
from tscreen.actors.quantum.hessian import frequencies, hessian, internal_motion
from tscreen.actors.quantum.sides import Molecule, molecules, sides_of
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.pools import calculating_pool
from tscreen.model.correction.training.stationary import (
    Role,
    StationaryPoint,
    read_points,
    softness_of,
    write_points,
)
from tscreen.model.reactions.data import SIDES, DataError, ReferenceReaction, fold_of

Forces = NDArray[np.floating] | None
"""Of the reference on the atoms of a molecule, (N, 3) in eV/Å; None at its stationary points."""

CURVED_OF = 2
"""One reaction in so many gets the softness of its TS, and zero-point energies."""
MAX_ATOMS = 30
HAS_TS = "a reference has a transition state"


def stationary_points(
    row: ReferenceReaction,
    surface: Surface = DEFAULT_SURFACE,
    curved_on: Surface = DEFAULT_SURFACE,
) -> list[StationaryPoint]:
    """Energy and forces of the TS and of every molecule of both sides; nan where they fail.

    A side of which no minimum of the reference is known is left out. Second derivatives are those
    of ``curved_on``: the nearer its stationary points are to the reference, the better they are.
    """
    r, ts = row.reaction, row.prepared.ts
    assert ts is not None, HAS_TS
    of_ts, *of_sides = row.forces
    whole = Molecule(r.atomic_numbers, ts, r.charge, r.multiplicity)
    subjects: list[tuple[Role, Molecule, Forces]] = [("ts", whole, of_ts)]
    for role, side, minimum, forces in zip(SIDES, sides_of(r), row.minima, of_sides, strict=True):
        if minimum is None:
            continue
        side = side._replace(positions=minimum)
        try:
            parts, own = molecules(side, surface), _of_molecules(forces, side.fragments)
        except CalculationError:
            # Which molecule carries the charge could not be found out.
            parts, own = [Molecule(side.numbers, side.positions, side.charge, 1)], [forces]
        subjects.extend((role, *both) for both in zip(parts, own, strict=True))
    # Second derivatives cost as much as 3N single points, and some are enough.
    curved = surface_of(r, curved_on) if fold_of(row.reaction_id, CURVED_OF) == 0 else None
    return [_point(row.reaction_id, *subject, surface, curved) for subject in subjects]


def _of_molecules(forces: Forces, fragments: NDArray[np.integer]) -> list[Forces]:
    """Forces on a side (N, 3) by its molecules; fragments (N,)."""
    names = np.unique(fragments)
    return [None if forces is None else forces[fragments == name] for name in names]


def _point(
    reaction_id: str,
    role: Role,
    molecule: Molecule,
    reference: Forces,
    surface: Surface,
    curved_on: Surface | None,
) -> StationaryPoint:
    atoms = surface.atoms(*molecule)
    try:
        energy, forces = atoms.get_potential_energy(), atoms.get_forces()
        softness, zero_point = None, np.nan
        if reference is None:
            softness, zero_point = _curvature(role, molecule, curved_on)
        else:
            forces = forces - reference
    except CalculationError:
        energy, forces = np.nan, np.full(np.shape(molecule.positions), np.nan)
        softness, zero_point = None, np.nan
    return StationaryPoint(
        reaction_id,
        role,
        np.asarray(molecule.numbers, np.uint8),
        np.asarray(molecule.positions, np.float32),
        molecule.charge,
        molecule.multiplicity,
        energy,
        forces.astype(np.float32),
        zero_point,
        softness,
    )


def _curvature(
    role: Role, molecule: Molecule, surface: Surface | None
) -> tuple[np.ndarray | None, float]:
    """Softness and zero-point energy (eV) on a surface, where there is one, of what has them."""
    if surface is None or role == "product" or len(molecule.numbers) > MAX_ATOMS:
        return None, np.nan
    atoms = surface.atoms(*molecule)
    if len(atoms) == 1:
        return None, 0.0
    matrix = hessian(atoms)
    bound = np.maximum(frequencies(atoms, matrix), 0.0)
    zero_point = float(0.5 * bound.sum() * units.invcm)
    if role != "ts":
        return None, zero_point
    return softness_of(matrix, internal_motion(atoms, np.ones(3 * len(atoms)))), zero_point


def _check_names(rows: Sequence[ReferenceReaction]) -> None:
    """Tables may name a reaction alike if it is the same, so that its labels are, too."""
    named: dict[str, ReferenceReaction] = {}
    for row in rows:
        other = named.setdefault(row.reaction_id, row)
        ts, same = row.prepared.ts, other.prepared.ts
        assert ts is not None, HAS_TS
        assert same is not None, HAS_TS
        if not np.array_equal(ts, same):
            raise DataError(
                f"reaction {row.reaction_id!r} of {row.table} is another one than that of "
                f"{other.table}; give one of them another reaction_id"
            )


def _is_of(points: Sequence[StationaryPoint], row: ReferenceReaction) -> bool:
    """Whether labels are of a reaction as it is, which may have changed under its name."""
    structures = zip(("ts", *SIDES), (row.prepared.ts, *row.minima), strict=True)
    return all(
        np.array_equal(
            _coordinates(wanted), _coordinates(*(p.positions for p in points if p.role == role))
        )
        for role, wanted in structures
    )


def _coordinates(*positions: NDArray[np.floating] | None) -> NDArray[np.floating]:
    """Of all of them and sorted, for the molecules of a side are kept apart."""
    given = [np.float32(one).ravel() for one in positions if one is not None]
    return np.sort(np.concatenate([*given, []]))


def labels_of(
    rows: Sequence[ReferenceReaction],
    cache: Path,
    workers: int | None,
    on_progress: Callable[[float], None] = lambda _: None,
    *,
    curved_on: Surface = DEFAULT_SURFACE,
) -> dict[str, list[StationaryPoint]]:
    """Labels of reactions by their id, from the Parquet file ``cache`` as far as they are there.

    What is missing, or there of other geometries, is computed on several cores and the file is
    written anew. ``on_progress`` is told which share is done. For ``curved_on`` see
    `stationary_points`.

    Raises:
        DataError: two reactions have the same id.
    """
    _check_names(rows)
    known = read_points(cache) if cache.exists() else {}
    missing = [row for row in rows if not _is_of(known.get(row.reaction_id, []), row)]
    if missing:
        with calculating_pool(workers) as pool:
            compute = partial(stationary_points, curved_on=curved_on)
            found = pool.map(compute, missing, chunksize=16)
            for done, (row, points) in enumerate(zip(missing, found, strict=True), 1):
                known[row.reaction_id] = points
                on_progress(done / len(missing))
        cache.parent.mkdir(parents=True, exist_ok=True)
        write_points((point for points in known.values() for point in points), cache)
    return known

"""GFN2-xTB at the stationary points of reference tables: the labels of its correction."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from tscreen.actors.quantum.sides import Molecule, molecules, sides_of
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
from tscreen.actors.workers.errors import XtbError
from tscreen.actors.workers.threads import hold_to_one_thread
from tscreen.model.correction.training.stationary import Role, StationaryPoint
from tscreen.model.reactions.data import ReferenceReaction


def stationary_points(
    row: ReferenceReaction, surface: Surface = DEFAULT_SURFACE
) -> list[StationaryPoint]:
    """Energy and forces of the TS and of every molecule of both sides; nan where they fail."""
    r = row.reaction
    assert row.prepared.ts is not None, "a row of a reference table has its transition state"
    ts = Molecule(r.atomic_numbers, row.prepared.ts, r.charge, r.multiplicity)
    subjects: list[tuple[Role, Molecule]] = [("ts", ts)]
    roles: tuple[Role, Role] = ("reactant", "product")
    for role, side in zip(roles, sides_of(r), strict=True):
        try:
            subjects.extend((role, molecule) for molecule in molecules(side, surface))
        except XtbError:
            # Which molecule carries the charge could not be found out.
            subjects.append((role, Molecule(side.numbers, side.positions, side.charge, 1)))
    return [_point(row.reaction_id, role, molecule, surface) for role, molecule in subjects]


def _point(reaction_id: str, role: Role, molecule: Molecule, surface: Surface) -> StationaryPoint:
    atoms = surface.atoms(*molecule)
    try:
        energy, forces = atoms.get_potential_energy(), atoms.get_forces()
    except XtbError:
        energy, forces = np.nan, np.full(np.shape(molecule.positions), np.nan)
    return StationaryPoint(
        reaction_id,
        role,
        np.asarray(molecule.numbers, np.uint8),
        np.asarray(molecule.positions, np.float32),
        molecule.charge,
        molecule.multiplicity,
        energy,
        forces.astype(np.float32),
    )


def label_all(
    rows: Sequence[ReferenceReaction],
    workers: int,
    on_progress: Callable[[int], None] = lambda _: None,
) -> list[StationaryPoint]:
    """Labels of many reactions on several cores."""
    # A child reads the limits when it loads its first library, so they must be there before.
    hold_to_one_thread()
    points: list[StationaryPoint] = []
    # A forked child would inherit torch's threads in a state that it cannot use.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        for found in pool.map(stationary_points, rows, chunksize=16):
            points.extend(found)
            on_progress(1)
    return points

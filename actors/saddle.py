"""Saddle points by Sella, started from generated transition states."""

from typing import NamedTuple

import numpy as np
from ase import Atoms

from actors.bonds import changing_bonds
from actors.hessian import Modes, hessian, modes
from actors.levels import XtbError
from actors.xtb import DEFAULT_SURFACE, Surface
from schemas.reaction import Reaction

FMAX = 0.01
"""Largest force on any atom at a saddle point, eV/Å."""

MAX_STEPS = 75
"""A search that takes longer has left its start behind and ends, if at all, elsewhere."""

MIN_STRETCH = 0.2
"""Least change of a forming or breaking bond, in Å for each Å that the fastest atom moves.

Along the mode of the right saddle it is near 1, along that of a turning methyl group under 0.1.
"""


class Saddle(NamedTuple):
    """A saddle point with exactly one imaginary mode.

    Attributes:
        positions: (N, 3) in Å.
        energy: eV.
        frequency_cm1: |ν| of the imaginary mode in cm⁻¹.
        steps: of the search.
    """

    positions: np.ndarray
    energy: float
    frequency_cm1: float
    steps: int


def locate(
    reaction: Reaction,
    start: np.ndarray,
    surface: Surface = DEFAULT_SURFACE,
    *,
    internal: bool = False,
) -> Saddle:
    """The saddle point of this reaction that a search from ``start`` (N, 3) in Å reaches.

    Args:
        reaction: The reaction.
        start: Geometry to start from.
        surface: Level, program and time limit.
        internal: Search in internal in place of Cartesian coordinates.

    Raises:
        XtbError: `saddle_not_found`, `wrong_imaginary_count`, `xtb_timeout`, `xtb_scf` or
            `xtb_crash`.
    """
    atoms = surface.atoms(reaction.atomic_numbers, start, reaction.charge, reaction.multiplicity)
    steps = _climb(atoms, internal)
    if steps is None:
        raise XtbError("saddle_not_found", f"no stationary point within {MAX_STEPS} steps")
    found = modes(atoms, hessian(atoms))
    if found.n_imaginary != 1 or found.frequency_cm1 is None:
        raise XtbError(
            "wrong_imaginary_count",
            f"the stationary point has {found.n_imaginary} imaginary modes in place of one",
        )
    if not _belongs_to(found, atoms, changing_bonds(reaction)):
        raise XtbError(
            "saddle_not_found", "the saddle point reached forms or breaks no bond of this reaction"
        )
    return Saddle(atoms.get_positions(), atoms.get_potential_energy(), found.frequency_cm1, steps)


def _climb(atoms: Atoms, internal: bool) -> int | None:
    """Move atoms to a stationary point of order one; how many steps, None when they are used up."""
    # Imported late: it loads JAX, which takes seconds that most runs of other stages need not pay.
    from sella import Sella

    try:
        # Degenerate geometries divide by zero on their way to an error; the error is enough.
        with np.errstate(divide="ignore", invalid="ignore"):
            optimiser = Sella(atoms, order=1, internal=internal, logfile=None)
            return optimiser.nsteps if optimiser.run(fmax=FMAX, steps=MAX_STEPS) else None
    except XtbError:
        raise
    except Exception as error:  # Sella lets many kinds escape when coordinates degenerate.
        raise XtbError(
            "xtb_crash", f"the optimiser failed: {type(error).__name__}: {error}"
        ) from error


def _belongs_to(found: Modes, atoms: Atoms, pairs: np.ndarray) -> bool:
    """Whether the imaginary mode forms or breaks one of the bonds (B, 2) of the reaction."""
    if not len(pairs):  # A change of conformation or handedness has no such bond.
        return True
    first, second = pairs.T
    along = atoms.positions[first] - atoms.positions[second]
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    stretch = ((found.direction[first] - found.direction[second]) * along).sum(axis=1)
    return bool(np.abs(stretch).max() >= MIN_STRETCH)

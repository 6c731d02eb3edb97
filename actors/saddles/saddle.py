"""Saddle points by Sella, started from generated transition states."""

import warnings
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from ase import Atoms
from ase.constraints import FixBondLengths
from ase.optimize import BFGS
from scipy.linalg import LinAlgWarning

from tscreen.actors.quantum.hessian import Modes, hessian, modes
from tscreen.actors.quantum.minimise import springs
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
from tscreen.actors.saddles.bonds import reaction_direction, stretches
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.bonds import changing_bonds
from tscreen.schemas.reaction import Reaction

if TYPE_CHECKING:
    from sella.peswrapper import PES

FMAX = 0.01
"""Largest force on any atom at a saddle point, eV/Å."""

MAX_STEPS = 150
"""A search that takes longer has left its start behind and ends, if at all, elsewhere."""

LOOSE = 1.0
"""Least stiffness that a search takes any direction for at its start, eV/Å²."""

SHIFT = 3e-3
"""Of all atoms together, Å, to learn from two gradients how the surface curves along a direction.

Forces are good to some 1e-4 eV/Å. By steps as short as Sella's own, 1e-4 Å, curvatures are off by 1
eV/Å², as much as that of the mode that is sought.
"""

FEW, SHIFT_OF_FEW = 20, 1e-4
"""Up to so many atoms forces are less noisy and modes stiffer: there Sella's own is as good."""

STRAINED = 5.0
"""Largest force on any atom, eV/Å, of a start that a search can do with as it is.

From one with more the search first follows what relaxes, and has lost the bonds that form by then.
"""

SETTLED_FMAX = 0.1
SETTLE_STEPS = 40
SETTLE_STEP = 0.1
"""Until the rest of a structure has settled: largest force in eV/Å, steps, longest step in Å."""

ASIDE = 0.1
"""Å that the fastest atom is moved by, off a stationary point with more than one way down."""

MIN_STRETCH = 0.2
"""Least change of a forming or breaking bond, in Å for each Å that the fastest atom moves.

Along the mode of the right saddle it is near 1, along that of a turning methyl group under 0.1.
"""


class Saddle(NamedTuple):
    """A saddle point with exactly one imaginary mode.

    Attributes:
        positions: (N, 3) in Å.
        energy: eV.
        frequencies_cm1: of all V modes (V,), rising, the imaginary one negative.
        direction: (N, 3) displacement along the imaginary mode, largest atom moving by 1 Å.
        steps: of the search.
        matrix: second derivatives (3N, 3N), eV/Å².
    """

    positions: np.ndarray
    energy: float
    frequencies_cm1: np.ndarray
    direction: np.ndarray
    steps: int
    matrix: np.ndarray

    @property
    def frequency_cm1(self) -> float:
        """|ν| of the imaginary mode in cm⁻¹."""
        return -float(self.frequencies_cm1[0])


def locate(
    reaction: Reaction,
    start: np.ndarray,
    surface: Surface = DEFAULT_SURFACE,
    mode: np.ndarray | None = None,
    below: float = np.inf,
) -> Saddle:
    """The saddle point of this reaction that a search from ``start`` (N, 3) in Å reaches.

    Args:
        reaction: The reaction.
        start: (N, 3) in Å.
        surface: Level and program.
        mode: (N, 3) along which the way up is sought first, where it is known; else it is the
            change of bonds.
        below: Energy in eV; a search that ends above it ends there, before second derivatives.

    Raises:
        CalculationError: `saddle_not_found`, `wrong_imaginary_count`, `xtb_timeout`, `xtb_scf` or
            `xtb_crash`.
    """
    atoms = surface.atoms(reaction.atomic_numbers, start, reaction.charge, reaction.multiplicity)
    steps, matrix, found = _stationary(reaction, atoms, mode, below)
    if found.n_imaginary > 1:
        # A search keeps the symmetry of its start, which may be a ridge between two saddle points.
        forwards, aside = _ridge(reaction, atoms, found)
        atoms.positions += ASIDE * aside
        more, matrix, found = _stationary(reaction, atoms, forwards, below)
        steps += more
    if found.n_imaginary != 1:
        raise CalculationError(
            "wrong_imaginary_count",
            f"the stationary point has {found.n_imaginary} imaginary modes in place of one",
        )
    if not belongs_to(atoms.positions, found.direction, changing_bonds(reaction)):
        raise CalculationError(
            "saddle_not_found", "the saddle point reached forms or breaks no bond of this reaction"
        )
    return Saddle(
        atoms.get_positions(),
        atoms.get_potential_energy(),
        found.frequencies_cm1,
        found.direction,
        steps,
        matrix,
    )


def _stationary(
    reaction: Reaction, atoms: Atoms, mode: np.ndarray | None, below: float
) -> tuple[int, np.ndarray, Modes]:
    """Move atoms to a stationary point: steps, second derivatives (3N, 3N) in eV/Å², and modes."""
    steps = _climb(reaction, atoms, mode)
    if steps is None:
        raise CalculationError("saddle_not_found", f"no stationary point within {MAX_STEPS} steps")
    if atoms.get_potential_energy() > below:
        raise CalculationError("saddle_not_found", "the stationary point is not low enough")
    matrix = hessian(atoms)
    return steps, matrix, modes(atoms, matrix)


def _ridge(reaction: Reaction, atoms: Atoms, found: Modes) -> tuple[np.ndarray, np.ndarray]:
    """Of several imaginary modes (N, 3) the one of the reaction, and the sum of the others."""
    imaginary, pairs = found.directions[: found.n_imaginary], changing_bonds(reaction)
    forwards = int(np.argmax([_stretch(atoms.positions, mode, pairs) for mode in imaginary]))
    return imaginary[forwards], np.delete(imaginary, forwards, axis=0).sum(axis=0)


def is_strained(
    reaction: Reaction, structure: np.ndarray, surface: Surface = DEFAULT_SURFACE
) -> bool:
    """Whether ``structure`` (N, 3) in Å should settle before a search; not if it has no forces."""
    r = reaction
    atoms = surface.atoms(r.atomic_numbers, structure, r.charge, r.multiplicity)
    try:
        return bool(np.linalg.norm(atoms.get_forces(), axis=1).max() > STRAINED)
    except CalculationError:
        return False


def settled(
    reaction: Reaction, structure: np.ndarray, surface: Surface = DEFAULT_SURFACE
) -> np.ndarray:
    """``structure`` (N, 3) in Å relaxed while the bonds that form or break keep their lengths.

    It takes the strain out of the rest, which could lead a saddle search astray.

    Raises:
        CalculationError: `xtb_timeout`, `xtb_scf` or `xtb_crash`.
    """
    r = reaction
    atoms = surface.atoms(r.atomic_numbers, structure, r.charge, r.multiplicity)
    atoms.set_constraint(FixBondLengths(changing_bonds(r).tolist()))
    try:
        BFGS(atoms, logfile=None, maxstep=SETTLE_STEP).run(fmax=SETTLED_FMAX, steps=SETTLE_STEPS)
    except CalculationError:
        raise
    except RuntimeError as error:  # bonds that cannot all be kept at once
        raise CalculationError(
            "saddle_not_found", f"the structure does not settle: {error}"
        ) from error
    return atoms.get_positions()


def _climb(reaction: Reaction, atoms: Atoms, mode: np.ndarray | None) -> int | None:
    """Move atoms to a stationary point of order one; how many steps, None when they are used up.

    Second derivatives start as those of springs, and the search for the way down with a mode
    (N, 3) or the change of bonds: from nothing, with the gradient, it takes a third more.
    """
    # Imported late: it loads JAX, which takes seconds that most runs of other stages need not pay.
    from tscreen.actors.quantum.optimiser import Sella

    try:
        # Degenerate geometries divide by zero on their way to an error; the error is enough. Few
        # atoms in a line give Sella steps that depend on each other, which it bears.
        with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", LinAlgWarning)
            # Internal coordinates take fewer steps, yet more time: they are compiled anew for
            # each molecule.
            matrix = springs(atoms.numbers, atoms.positions, least=LOOSE)
            shift = SHIFT if len(atoms) > FEW else SHIFT_OF_FEW
            optimiser = Sella(atoms, order=1, internal=False, logfile=None, H0=matrix, eta=shift)
            along = reaction_direction(reaction, atoms) if mode is None else mode
            _look_along(optimiser.pes, along)
            return optimiser.nsteps if optimiser.run(fmax=FMAX, steps=MAX_STEPS) else None
    except CalculationError:
        raise
    except Exception as error:  # Sella lets many kinds escape when coordinates degenerate.
        raise CalculationError(
            "xtb_crash", f"the optimiser failed: {type(error).__name__}: {error}"
        ) from error


def _look_along(surface: "PES", direction: np.ndarray) -> None:
    """Let the first search for the lowest mode begin with a direction (N, 3)."""
    surface.get_g()  # the basis of what is free is known after it
    inner = direction.ravel() @ surface.get_Ufree()
    if inner.any():
        surface.v0 = inner


def belongs_to(positions: np.ndarray, mode: np.ndarray, pairs: np.ndarray) -> bool:
    """Whether a mode (N, 3), largest atom moving by 1 Å, forms or breaks one of the bonds (B, 2).

    True where there are none, as for a change of conformation or handedness.
    """
    return not len(pairs) or _stretch(positions, mode, pairs) >= MIN_STRETCH


def _stretch(positions: np.ndarray, mode: np.ndarray, pairs: np.ndarray) -> float:
    """Most that a mode (N, 3) lengthens or shortens any of the bonds (B, 2), Å; 0 without any."""
    return float(np.abs(stretches(positions, mode, pairs)).max(initial=0.0))

"""Ways from reactant to product, where no generated geometry leads straight to the saddle point.

A climbing-image nudged elastic band (Henkelman et al., J. Chem. Phys. 2000) from the image
dependent pair potential (Smidstrup et al., J. Chem. Phys. 2014); its peak is the start of a saddle
search.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from ase import Atoms
from ase.build import minimize_rotation_and_translation
from ase.mep import NEB, idpp_interpolate
from ase.optimize import FIRE

from tscreen.actors.quantum.minimise import minimise
from tscreen.actors.quantum.sides import side_energy, sides_of
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
from tscreen.actors.saddles.complexes import complex_like
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.reactions.assembly import assemble
from tscreen.schemas.bonds import bond_graph, side_bonds
from tscreen.schemas.reaction import Reaction

IMAGES = 9
"""Between the two ends."""
SPRING = 0.1
"""eV/Å²."""
NEB_FMAX = 0.3
NEB_STEPS = 60
"""Rough is enough: a saddle search goes on from the peak."""
IMAGES_OVER = 3
STEPS_OVER = 30
"""Between an end and a generated transition state, which is near the peak already."""
BEND = 0.05
"""Å."""
NO_BARRIER = "no_barrier"
"""Error code: on this surface the reaction has none beyond the difference of its sides."""
RIPPLE, ABOVE = 0.02, 0.1
"""eV that a way without a barrier may rise by on its way down, and that it may begin above the
molecules as they were given: from a slope every way falls."""
END_FMAX = 0.1
END_STEPS = 100
END_STEP = 0.1
"""Å; longer ones might lead into another valley."""


def path_peak(reaction: Reaction, surface: Surface = DEFAULT_SURFACE) -> np.ndarray:
    """Highest point (N, 3) in Å of a path from reactant to product.

    Both sides are assembled with the reacting atoms facing each other, far enough apart not to
    react, and relaxed as a whole.

    Raises:
        CalculationError: `no_barrier` where the path falls all the way, one way or the other,
            `saddle_not_found` where a side is its highest point; `xtb_timeout`, `xtb_scf`.
    """
    start, end = path_ends(reaction, surface)
    return peak(reaction, interpolated(start, end, IMAGES), NEB_STEPS, surface)


def interpolated_peak(reaction: Reaction, surface: Surface = DEFAULT_SURFACE) -> np.ndarray:
    """Highest point (N, 3) in Å of such a path before it relaxes.

    Raises:
        CalculationError: `xtb_timeout`, `xtb_scf`.
    """
    start, end = path_ends(reaction, surface)
    images = interpolated(start, end, IMAGES)
    return highest_between(band_of(reaction, images, surface).images)


def path_ends(reaction: Reaction, surface: Surface = DEFAULT_SURFACE) -> tuple[Atoms, Atoms]:
    """Both sides, each assembled and relaxed as one complex.

    Raises:
        CalculationError: `xtb_timeout`, `xtb_scf`.
    """
    return path_end(reaction, 0, surface), path_end(reaction, 1, surface)


def path_end(reaction: Reaction, side: int, surface: Surface = DEFAULT_SURFACE) -> Atoms:
    """One of them.

    Raises:
        CalculationError: `xtb_timeout`, `xtb_scf`.
    """
    return relaxed_end(reaction, assembled(reaction)[side], side, surface)


def assembled(reaction: Reaction) -> tuple[np.ndarray, np.ndarray]:
    """Both sides (N, 3) in Å with their molecules placed to react."""
    r = reaction
    return assemble(
        r.reactant_positions, r.product_positions, r.reactant_fragments, r.product_fragments
    )


def path_over(
    reaction: Reaction, candidate: np.ndarray, surface: Surface = DEFAULT_SURFACE
) -> np.ndarray:
    """Highest point (N, 3) in Å of a path that starts from a generated transition state (N, 3).

    Reactant and product are made of it, so that all three are folded alike.

    Raises:
        CalculationError: as `path_peak`.
    """
    r = reaction
    middle = surface.atoms(r.atomic_numbers, candidate, r.charge, r.multiplicity)
    start, end = (relaxed_end(reaction, candidate, side, surface) for side in (0, 1))
    for one in (start, end):
        minimize_rotation_and_translation(middle, one)
    up = interpolated(start, middle, IMAGES_OVER)
    down = interpolated(middle, end, IMAGES_OVER)
    return peak(reaction, [*up, *down[1:]], STEPS_OVER, surface)


def relaxed_end(reaction: Reaction, structure: np.ndarray, side: int, surface: Surface) -> Atoms:
    """A side folded like a structure (N, 3), relaxed as a whole unless it would react on its way.

    Raises:
        CalculationError: `xtb_timeout`, `xtb_scf`.
    """
    r = reaction
    positions = complex_like(reaction, structure, side)
    atoms = surface.atoms(r.atomic_numbers, positions, r.charge, r.multiplicity)
    minimise(atoms, END_FMAX, END_STEPS, longest=END_STEP)
    if not np.array_equal(bond_graph(r.atomic_numbers, atoms.positions), side_bonds(r)[side]):
        atoms.positions = positions
    return atoms


def interpolated(start: Atoms, end: Atoms, count: int) -> list[Atoms]:
    """``count`` images between two structures, and these, by the pair potential."""
    images = [start, *(start.copy() for _ in range(count)), end]
    band = _band(images)
    band.interpolate()
    # Atoms that meet head-on on a straight way would never find their way around each other.
    bend = np.random.default_rng(0)
    for image in images[1:-1]:
        image.positions += bend.normal(0.0, BEND, image.positions.shape)
    idpp_interpolate(band, traj=None, log=None)
    return images


def band_of(
    reaction: Reaction, images: Sequence[Atoms], surface: Surface, *, climb: bool = False
) -> NEB:
    """An elastic band of images (the ends with calculators of their own).

    Each image keeps a calculator to itself: one that is shared forgets what it knew of an image as
    soon as it is asked of the next, and optimisers ask for the same forces several times.
    """
    for image in images[1:-1]:
        image.calc = surface.calculator(reaction.charge, reaction.multiplicity)
    return _band(images, climb=climb)


def highest_between(images: Sequence[Atoms]) -> np.ndarray:
    """The highest image (N, 3) in Å of a band but for its ends."""
    return max(images[1:-1], key=Atoms.get_potential_energy).get_positions()


def _band(images: Sequence[Atoms], *, climb: bool = False) -> NEB:
    return NEB(
        list(images),
        k=SPRING,
        climb=climb,
        method="improvedtangent",
        remove_rotation_and_translation=True,
    )


def peak(reaction: Reaction, images: Sequence[Atoms], steps: int, surface: Surface) -> np.ndarray:
    """Highest point (N, 3) in Å of a band after some relaxation.

    Raises:
        CalculationError: as `path_peak`.
    """
    band = band_of(reaction, images, surface, climb=True)
    FIRE(band, logfile=None).run(fmax=NEB_FMAX, steps=steps)
    energies = [image.get_potential_energy() for image in images]
    highest = int(np.argmax(energies))
    if 0 < highest < len(images) - 1:
        return images[highest].get_positions()
    way = np.array(_between(reaction, images, surface))
    higher = 0 if way[0] > way[-1] else 1
    refuse_falling(reaction, higher, way[::-1] if higher else way, surface)
    raise CalculationError("saddle_not_found", "the path from reactant to product has no peak")


def refuse_falling(reaction: Reaction, side: int, way: np.ndarray, surface: Surface) -> None:
    """Nothing, unless energies (P,) in eV on a way from a side fall all the way.

    Raises:
        CalculationError: `no_barrier`; `xtb_timeout`, `xtb_scf`.
    """
    rise = (way - np.minimum.accumulate(way)).max()
    if rise < RIPPLE and way[0] < side_energy(sides_of(reaction)[side], surface) + ABOVE:
        raise CalculationError(
            NO_BARRIER, "the energy falls all the way from one side to the other: no saddle point"
        )


def _between(reaction: Reaction, images: Sequence[Atoms], surface: Surface) -> list[float]:
    """Energies of images and half way between them, where a narrow peak may lie."""
    r = reaction
    found = [images[0].get_potential_energy()]
    for one, other in pairwise(images):
        middle = (one.positions + other.positions) / 2
        half_way = surface.atoms(r.atomic_numbers, middle, r.charge, r.multiplicity)
        found += [half_way.get_potential_energy(), other.get_potential_energy()]
    return found

"""The rest of the way, where a saddle point leads to an intermediate in place of a side.

Many elementary steps of the reference data are two on another surface: downhill from the saddle
point lies a shallow minimum, and the side itself behind one more, lower barrier. A path from there
to the side that stays below the saddle point shows that this is the highest point between reactant
and product all the same; so does a lower saddle point between the two.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from ase import Atoms
from ase.build import minimize_rotation_and_translation
from ase.optimize import FIRE
from ase.utils.forcecurve import fit_raw

from tscreen.actors.between.driven import driven
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
from tscreen.actors.saddles.irc import JOINED, connects, follow
from tscreen.actors.saddles.path import (
    IMAGES,
    band_of,
    highest_between,
    interpolated,
    path_end,
    relaxed_end,
)
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.bonds import bond_graph, side_bonds
from tscreen.schemas.reaction import Reaction

BAND_FMAX = 0.1
BAND_STEPS = 30
"""Where a band is still above the saddle point after so many, it seldom ever gets below."""


def leads_on(
    reaction: Reaction,
    intermediate: np.ndarray,
    side: int,
    ceiling: float,
    surface: Surface = DEFAULT_SURFACE,
) -> np.ndarray | None:
    """The end (N, 3) in Å of a path from an intermediate to a side that stays below a saddle point.

    None where no such path is found.

    Args:
        reaction: The reaction.
        intermediate: Minimum (N, 3) in Å.
        side: 0 for the reactant, 1 for the product.
        ceiling: Energy of the saddle point, eV.
        surface: Level and program.

    Raises:
        CalculationError: `xtb_timeout`, `xtb_scf`.
    """
    r = reaction
    start = surface.atoms(r.atomic_numbers, intermediate, r.charge, r.multiplicity)
    if start.get_potential_energy() >= ceiling:
        return None
    steps = []
    for end in _ends(reaction, intermediate, side, ceiling, surface):
        peak = _peak_of_band(reaction, start, end, ceiling, surface)
        if peak is None:
            return end.get_positions()
        steps.append(_step(reaction, intermediate, end.get_positions()))
        over = _over(steps[-1], partial(np.copy, peak), ceiling, surface)
        if over is not None:
            return over
    if not steps:
        return None
    return _over(steps[0], partial(driven, steps[0], surface, 1), ceiling, surface)


def _ends(
    reaction: Reaction, intermediate: np.ndarray, side: int, ceiling: float, surface: Surface
) -> Iterator[Atoms]:
    """A side folded like the intermediate and as it was given, where they are below the ceiling."""
    ways = (
        lambda: relaxed_end(reaction, intermediate, side, surface),
        lambda: path_end(reaction, side, surface),
    )
    bonds = side_bonds(reaction)[side]
    for end in (way() for way in ways):
        if np.array_equal(bond_graph(reaction.atomic_numbers, end.positions), bonds) and (
            end.get_potential_energy() < ceiling
        ):
            yield end


def _peak_of_band(
    reaction: Reaction, start: Atoms, end: Atoms, ceiling: float, surface: Surface
) -> np.ndarray | None:
    """The highest image (N, 3), Å, of a path as yet unrelaxed; None if it relaxes to below."""
    minimize_rotation_and_translation(start, end)
    images = interpolated(start, end, IMAGES)
    band = band_of(reaction, images, surface)
    peak = highest_between(images)
    ends = [image.get_potential_energy() for image in (start, end)]
    below = any(
        _highest(images, band.real_forces, [ends[0], *band.energies[1:-1], ends[1]]) < ceiling
        for _ in FIRE(band, logfile=None).irun(fmax=BAND_FMAX, steps=BAND_STEPS)
    )
    return None if below else peak


def _step(reaction: Reaction, start: np.ndarray, end: np.ndarray) -> Reaction:
    """A part of a reaction, between two structures (N, 3) in Å that are wholes."""
    whole = np.zeros_like(reaction.reactant_fragments)
    return replace(
        reaction,
        reactant_positions=start,
        product_positions=end,
        reactant_fragments=whole,
        product_fragments=whole,
        reactant_states=None,
        product_states=None,
    )


def _over(
    step: Reaction, way: Callable[[], np.ndarray], ceiling: float, surface: Surface
) -> np.ndarray | None:
    """The end (N, 3) in Å, with the bonds of a step's product, of a way over a saddle point.

    None where the saddle point that ``way``, a start (N, 3), leads to is not below the ceiling, or
    joins something else. As everywhere, bonds tell what it joins: a conformer of the intermediate
    is the intermediate.

    Raises:
        CalculationError: `xtb_timeout`.
    """
    try:
        saddle = locate(step, way(), surface, below=ceiling)
        ends = follow(step, saddle, surface)
    except CalculationError as error:
        if error.timed_out:
            raise
        return None
    if connects(step, ends) != JOINED:
        return None
    product, numbers = side_bonds(step)[1], step.atomic_numbers
    return next((end for end in ends if np.array_equal(bond_graph(numbers, end), product)), None)


def _highest(images: list[Atoms], forces: np.ndarray, energies: list[float]) -> float:
    """Highest energy in eV of the cubic curve through a band's images, also between them."""
    curve = fit_raw(energies, forces, [image.positions for image in images])
    return energies[0] + float(curve.fit_energies.max())

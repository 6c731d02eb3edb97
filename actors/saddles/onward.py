"""The rest of the way, where a saddle point leads to an intermediate in place of a side.

Many elementary steps of the reference data are two on another surface: downhill from the saddle
point lies a shallow minimum, and the side itself behind one more, lower barrier. A path from there
to the side that stays below the saddle point shows that this is the highest point between reactant
and product all the same.
"""

import numpy as np
from ase import Atoms
from ase.build import minimize_rotation_and_translation
from ase.optimize import FIRE
from ase.utils.forcecurve import fit_raw

from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
from tscreen.actors.saddles.path import IMAGES, band_of, interpolated, relaxed_end
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
    end = relaxed_end(reaction, intermediate, side, surface)
    if not np.array_equal(bond_graph(r.atomic_numbers, end.positions), side_bonds(r)[side]):
        return None
    ends = start.get_potential_energy(), end.get_potential_energy()
    if max(ends) >= ceiling:
        return None
    minimize_rotation_and_translation(start, end)
    images = interpolated(start, end, IMAGES)
    band = band_of(reaction, images, surface)
    below = any(
        _highest(images, band.real_forces, [ends[0], *band.energies[1:-1], ends[1]]) < ceiling
        for _ in FIRE(band, logfile=None).irun(fmax=BAND_FMAX, steps=BAND_STEPS)
    )
    return end.get_positions() if below else None


def _highest(images: list[Atoms], forces: np.ndarray, energies: list[float]) -> float:
    """Highest energy in eV of the cubic curve through a band's images, also between them."""
    curve = fit_raw(energies, forces, [image.positions for image in images])
    return energies[0] + float(curve.fit_energies.max())

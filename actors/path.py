"""A way from reactant to product where no generated geometry leads to the saddle point."""

import numpy as np
from ase import Atoms
from ase.mep import NEB
from ase.optimize import BFGS, FIRE

from actors.bonds import side_bonds
from actors.levels import XtbError
from actors.xtb import DEFAULT_SURFACE, Surface
from model.assembly import assemble
from schemas.bonds import bond_graph
from schemas.reaction import Reaction

IMAGES = 9
"""Between the two ends."""
SPRING = 0.1
"""eV/Å²."""
NEB_FMAX = 0.3
NEB_STEPS = 60
"""Rough is enough: a saddle search goes on from the peak."""
END_FMAX = 0.05
END_STEPS = 100


def path_peak(reaction: Reaction, surface: Surface = DEFAULT_SURFACE) -> np.ndarray:
    """Highest point (N, 3) in Å of a path from reactant to product.

    Both sides are assembled with the reacting atoms facing each other and relaxed as a whole; then
    a climbing-image nudged elastic band (Henkelman et al., J. Chem. Phys. 2000) from the image
    dependent pair potential (Smidstrup et al., J. Chem. Phys. 2014).

    Raises:
        XtbError: `saddle_not_found` where a side does not keep its bonds or the path has no peak;
            `xtb_timeout`, `xtb_scf`.
    """
    start, end = _ends(reaction, surface)
    images = [start, *(start.copy() for _ in range(IMAGES)), end]
    for image in images[1:-1]:
        image.calc = start.calc
    band = NEB(
        images,
        k=SPRING,
        climb=True,
        method="improvedtangent",
        remove_rotation_and_translation=True,
        allow_shared_calculator=True,
    )
    band.interpolate(method="idpp")
    FIRE(band, logfile=None).run(fmax=NEB_FMAX, steps=NEB_STEPS)
    energies = [image.get_potential_energy() for image in images]
    peak = int(np.argmax(energies))
    if peak in (0, len(images) - 1):
        raise XtbError("saddle_not_found", "the path from reactant to product has no peak")
    return images[peak].get_positions()


def _ends(reaction: Reaction, surface: Surface) -> list[Atoms]:
    """Both sides, relaxed, each as one complex, superposed."""
    r = reaction
    placed = assemble(
        r.reactant_positions, r.product_positions, r.reactant_fragments, r.product_fragments
    )
    ends = []
    for name, positions, bonds in zip(
        ("reactant", "product"), placed, side_bonds(reaction), strict=True
    ):
        atoms = surface.atoms(r.atomic_numbers, positions, r.charge, r.multiplicity)
        BFGS(atoms, logfile=None, maxstep=0.1).run(fmax=END_FMAX, steps=END_STEPS)
        if not np.array_equal(bond_graph(r.atomic_numbers, atoms.positions), bonds):
            raise XtbError("saddle_not_found", f"the assembled {name} does not keep its bonds")
        ends.append(atoms)
    return ends

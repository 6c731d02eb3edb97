"""Starts where molecules that come together are on their way: for saddle points that are early.

Where a radical or an ion adds to a bond the saddle point is low, and its new bond still twice as
long as it will be (Hammond, J. Am. Chem. Soc. 1955, 77, 334). A search from any nearer structure
falls to what is made, and a band has hardly an image that far out. So the molecules are pulled
together from afar along the bonds that form between them, and all else, bonds that break included,
does what it likes: as a chemist's relaxed scan.
"""

import numpy as np

from tscreen.actors.between.pulling import pulled
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.saddles.complexes import complex_like
from tscreen.actors.saddles.path import refuse_falling
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.bonds import bond_graph, side_bonds
from tscreen.schemas.elements import COVALENT_RADII
from tscreen.schemas.reaction import Reaction

FAR, NEAR, STAGES = 2.4, 1.1, 14
"""Lengths of the bonds at the first stage and the last, in sums of covalent radii; how many."""
STEPS_AFAR = 30
"""Of relaxation before the molecules come nearer."""


def meeting(reaction: Reaction, side: int) -> np.ndarray:
    """Pairs (B, 2) of atoms of different molecules of a side that are bonded on the other side."""
    part = (reaction.reactant_fragments, reaction.product_fragments)[side]
    apart = np.not_equal.outer(part, part)  # so bonded on the other side alone, if at all
    return np.argwhere(np.triu(side_bonds(reaction)[1 - side] & apart))


def approach(reaction: Reaction, structure: np.ndarray, side: int, surface: Surface) -> np.ndarray:
    """The highest place (N, 3), Å, on the way of the molecules of a side towards each other.

    Args:
        reaction: The reaction; some bond forms between molecules of that side.
        structure: A geometry (N, 3) in Å that the side is placed and folded like.
        side: 0 for the reactant, 1 for the product.
        surface: Level, program and time limit.

    Raises:
        CalculationError: `no_barrier` where the energy falls all the way to the other side,
            `saddle_not_found` where it rises all the way or falls elsewhere; `xtb_timeout`,
            `xtb_scf`.
    """
    r, pairs, bonds = reaction, meeting(reaction, side), side_bonds(reaction)[1 - side]
    afar = complex_like(reaction, structure, side)
    atoms = surface.atoms(r.atomic_numbers, afar, r.charge, r.multiplicity)
    radii = COVALENT_RADII[r.atomic_numbers][pairs].sum(1)
    lengths = np.linspace(FAR, NEAR, STAGES)[:, None] * radii
    way = pulled(atoms, pairs, lengths[:1], bonds, STEPS_AFAR)
    way += pulled(atoms, pairs, lengths[1:], bonds)
    energies = np.array([place.energy for place in way])
    highest = int(energies.argmax())
    if 0 < highest < len(way) - 1:
        return way[highest].positions
    arrived = np.array_equal(bond_graph(r.atomic_numbers, way[-1].positions), bonds)
    if arrived:
        refuse_falling(reaction, side, energies, surface)
    raise CalculationError("saddle_not_found", "molecules that come together meet no peak")

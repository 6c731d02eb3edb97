"""The way of a side whose bonds are driven to what they are on the other side.

Springs pull the atoms that form a bond together and those that break one apart, stage by stage,
while all else relaxes: the artificial force of Maeda and Morokuma (J. Chem. Theory Comput. 2011, 7,
2335) in steps.
"""

import numpy as np

from tscreen.actors.between.pulling import Place, distances, pulled
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.saddles.path import BEND, assembled
from tscreen.schemas.bonds import changing_bonds, side_bonds
from tscreen.schemas.elements import COVALENT_RADII
from tscreen.schemas.reaction import Reaction

STAGES = 15
"""From one side's distances to those of the other."""
APART = 1.9
"""A broken bond is so many times as long as the sum of the covalent radii."""


def driven(reaction: Reaction, surface: Surface, side: int = 0, seed: int = 0) -> np.ndarray:
    """The highest place (N, 3), Å, of the way from a side until it has the bonds of the other.

    Args:
        reaction: The reaction.
        surface: Level, program and time limit.
        side: 0 from the reactant, 1 from the product.
        seed: Decides how the side is shaken first.

    Raises:
        CalculationError: `xtb_timeout`, `xtb_scf`.
    """
    r = reaction
    start = assembled(r)[side]
    # Atoms in line would never find their way around each other; and other ways are found.
    shaken = start + np.random.default_rng(seed).normal(0.0, BEND, start.shape)
    atoms = surface.atoms(r.atomic_numbers, shaken, r.charge, r.multiplicity)
    pairs, after = changing_bonds(r), side_bonds(r)[1 - side]
    radii = COVALENT_RADII[r.atomic_numbers][pairs].sum(1)
    near = distances(atoms, pairs)
    far = np.where(after[tuple(pairs.T)], radii, APART * radii)
    lengths = near + np.linspace(0.0, 1.0, STAGES + 1)[1:, None] * (far - near)
    first = Place(float(atoms.get_potential_energy()), atoms.get_positions())
    way = [first, *pulled(atoms, pairs, lengths, after)]
    return max(way, key=lambda place: place.energy).positions

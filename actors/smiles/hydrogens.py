"""Which hydrogen is which, where several sit on one atom and the SMILES does not say.

The hydrogens of one atom that have no map number are numbered at will on each side, but a reaction
does not exchange them. Two things tell the right numbers. Where an atom keeps its neighbours, its
hydrogens lie upon those of the reactant, without reflection. Where it changes them, that would
depend on how the two conformers happen to be twisted; there the numbers are right with which a
structure between both sides has the lowest energy, among those with which it can have the bonds of
both at little strain. So a Cope rearrangement goes through a chair, cyclobutene opens conrotatory
and hexatriene closes disrotatory.
"""

from itertools import permutations

import numpy as np
from rdkit import Chem

from tscreen.actors.between.halfway import lowest_halfway
from tscreen.actors.between.held import Held, Wishes, held_pairs
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE
from tscreen.actors.smiles.mapping import MappedReaction
from tscreen.actors.smiles.states import molecule_of_atoms
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.reactions.superposition import deviation
from tscreen.schemas.reaction import Reaction
from tscreen.schemas.units import KCAL_MOL

CLEAR = 0.05
"""Angstrom by which the best numbers must fit better than the next; else a wider view decides."""
RELIEF = 0.05
"""Part of the strain that other numbers must take away to be preferred."""
BEARABLE = 2.0
"""Times the least strain: numbers with which it is more have no say."""
MOST_ATOMS = 50
"""In larger ones a structure takes seconds to relax."""
LOWER = 1.0 * KCAL_MOL
"""By how much less energy other numbers must lead to, eV."""
SHAKES, SHAKE = 2, 0.3
"""How often each side is a start for the strained geometry, and Angstrom by which it is shaken."""


def fit_hydrogens(
    reaction: MappedReaction, reactant: np.ndarray, product: np.ndarray
) -> np.ndarray:
    """Exchange hydrogens of the product so that each is the one of the same number in the reactant.

    Args:
        reaction: both molecules; hydrogens with a map number stay where they are.
        reactant: positions (N, 3), Angstrom; separate fragments may lie anywhere.
        product: positions (N, 3), Angstrom.

    Returns:
        The product's positions (N, 3) in their new order.
    """
    groups = _groups(reaction.product)
    product = _laid_upon(reaction, groups, reactant, product)
    changing = [
        hydrogens
        for centre, hydrogens in groups.items()
        if len(hydrogens) == 2
        and _neighbours(reaction.reactant, centre) != _neighbours(reaction.product, centre)
    ]
    if not changing:
        return product
    strain = _Strain(reaction, reactant)
    product = _least_strained(strain, changing, product)
    if len(product) > MOST_ATOMS:
        return product
    try:
        return _lowest(reaction, strain, changing, reactant, product)
    except CalculationError:  # geometry alone has to do
        return product


def _groups(mol: Chem.Mol) -> dict[int, list[int]]:
    """Hydrogens that may be exchanged, by the atom that carries them."""
    found: dict[int, list[int]] = {}
    for atom in mol.GetAtoms():
        if not atom.GetAtomMapNum():
            found.setdefault(atom.GetNeighbors()[0].GetIdx(), []).append(atom.GetIdx())
    return {centre: hydrogens for centre, hydrogens in found.items() if len(hydrogens) > 1}


def _neighbours(mol: Chem.Mol, index: int) -> list[int]:
    return sorted(atom.GetIdx() for atom in mol.GetAtomWithIdx(index).GetNeighbors())


def _exchanges(positions: np.ndarray, atoms: list[int]) -> list[np.ndarray]:
    """The positions with these atoms in every order, the present one first."""
    options = []
    for order in permutations(atoms):
        options.append(positions.copy())
        options[-1][atoms] = positions[list(order)]
    return options


def _laid_upon(
    reaction: MappedReaction,
    groups: dict[int, list[int]],
    reactant: np.ndarray,
    product: np.ndarray,
) -> np.ndarray:
    """The product with each group as it lies best upon the reactant with the atoms around it."""
    steps = [Chem.GetDistanceMatrix(mol) for mol in (reaction.reactant, reaction.product)]
    nearest = np.minimum(*steps)
    shared = np.maximum(*steps) < len(product)  # same fragment on both sides
    for _ in range(3):
        for centre, hydrogens in groups.items():
            options = _exchanges(product, hydrogens)
            for reach in (2, 3, np.inf):
                around = shared[centre] & (nearest[centre] <= reach)
                misfits = [deviation(option[around], reactant[around]) for option in options]
                best, second = np.partition(misfits, 1)[:2]
                if second - best > CLEAR:
                    break
            product = options[int(np.argmin(np.round(misfits, 6)))]
    return product


class _Strain:
    """How far a structure at best departs from what both sides hold near the changes."""

    def __init__(self, reaction: MappedReaction, reactant: np.ndarray) -> None:
        self._near = _near_the_changes(reaction)
        self._reactant = reactant[self._near]
        self._held = [_held(mol, self._near) for mol in (reaction.reactant, reaction.product)]

    def __call__(self, product: np.ndarray) -> float:
        """With a product (N, 3), Å²."""
        sides = (self._reactant, product[self._near])
        wishes = Wishes.of_sides(self._held, sides)
        chance = np.random.default_rng(0)
        starts = [x + SHAKE * chance.normal(size=x.shape) for _ in range(SHAKES) for x in sides]
        return min(wishes.nearest(start)[0] for start in starts)


def _near_the_changes(reaction: MappedReaction) -> np.ndarray:
    """The atoms (n,) within two bonds of those whose neighbours change."""
    bonded = [Chem.GetAdjacencyMatrix(mol) for mol in (reaction.reactant, reaction.product)]
    either = np.maximum(*bonded) + np.eye(len(reaction.numbers), dtype=int)
    changed = (bonded[0] != bonded[1]).any(axis=1)
    return np.flatnonzero(either @ either @ changed)


def _held(mol: Chem.Mol, atoms: np.ndarray) -> Held:
    """What the bonds of a molecule hold, double and aromatic ones at both ends."""
    bonds = Chem.GetAdjacencyMatrix(mol).astype(bool)
    stiff = bonds & (Chem.GetAdjacencyMatrix(mol, useBO=True) >= 1.5)
    return Held.of(bonds, held_pairs(bonds, stiff), atoms)


def _least_strained(strain: _Strain, pairs: list[list[int]], product: np.ndarray) -> np.ndarray:
    """The product with pairs exchanged, the one that relieves most strain first."""
    least = strain(product)
    for _ in pairs:
        options = [_exchanges(product, pair)[1] for pair in pairs]
        strains = [strain(option) for option in options]
        best = int(np.argmin(strains))
        if strains[best] > (1 - RELIEF) * least:
            break
        least, product = strains[best], options[best]
    return product


def _lowest(
    reaction: MappedReaction,
    strain: _Strain,
    pairs: list[list[int]],
    reactant: np.ndarray,
    product: np.ndarray,
) -> np.ndarray:
    """The product with pairs exchanged that lead to a lower energy on the way, the best first.

    Raises:
        CalculationError: an energy cannot be computed.
    """
    bearable = BEARABLE * strain(product)
    for _ in pairs:
        exchanged = (_exchanges(product, pair)[1] for pair in pairs)
        options = [product, *(option for option in exchanged if strain(option) < bearable)]
        if len(options) == 1:
            break
        heights = [_height(reaction, reactant, option) for option in options]
        best = int(np.argmin(heights))
        if heights[best] > heights[0] - LOWER:
            break
        product = options[best]
    return product


def _height(reaction: MappedReaction, reactant: np.ndarray, product: np.ndarray) -> float:
    """Energy between both sides (N, 3), eV."""
    whole = Reaction(
        "hydrogens",
        reaction.numbers,
        reactant,
        product,
        molecule_of_atoms(reaction.reactant),
        molecule_of_atoms(reaction.product),
        reaction.charge,
        reaction.multiplicity,
    )
    return lowest_halfway(whole, DEFAULT_SURFACE, count=1)[1]

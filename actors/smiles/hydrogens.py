"""Which hydrogen is which, where several sit on one atom and the SMILES does not say.

The hydrogens of one atom that have no map number are numbered at will on each side, but a reaction
does not exchange them. Two things tell the right numbers. Where an atom keeps its neighbours, its
hydrogens lie upon those of the reactant, without reflection. Where it changes them, that would
depend on how the two conformers happen to be twisted; there the numbers are right with which one
geometry can have the bonds of both sides at the least strain. Like a transition state, it is
strained where a double bond is met from both faces.
"""

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np
from rdkit import Chem
from scipy.optimize import minimize

from tscreen.actors.smiles.mapping import MappedReaction
from tscreen.model.reactions.superposition import deviation

CLEAR = 0.05
"""Angstrom by which the best numbers must fit better than the next; else a wider view decides."""
RELIEF = 0.05
"""Part of the strain that other numbers must take away to be preferred."""
VOLUME = 5.0
"""Angstrom³ spanned by the neighbours of a tetrahedral atom: the unit of its handedness."""
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
    return _least_strained(reaction, changing, reactant, product) if changing else product


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


def _least_strained(
    reaction: MappedReaction, pairs: list[list[int]], reactant: np.ndarray, product: np.ndarray
) -> np.ndarray:
    """The product with pairs exchanged, the one that relieves most strain first."""
    near = _near_the_changes(reaction)
    rigid = [_Rigid.of(mol, near) for mol in (reaction.reactant, reaction.product)]
    strain = _strain(rigid, (reactant[near], product[near]))
    for _ in pairs:
        options = [_exchanges(product, pair)[1] for pair in pairs]
        strains = [_strain(rigid, (reactant[near], option[near])) for option in options]
        best = int(np.argmin(strains))
        if strains[best] > (1 - RELIEF) * strain:
            break
        strain, product = strains[best], options[best]
    return product


def _near_the_changes(reaction: MappedReaction) -> np.ndarray:
    """The atoms (n,) within two bonds of those whose neighbours change."""
    bonded = [Chem.GetAdjacencyMatrix(mol) for mol in (reaction.reactant, reaction.product)]
    either = np.maximum(*bonded) + np.eye(len(reaction.numbers), dtype=int)
    changed = (bonded[0] != bonded[1]).any(axis=1)
    return np.flatnonzero(either @ either @ changed)


class _Rigid(NamedTuple):
    """What hardly changes in a molecule while it moves, as matrices that act on its positions.

    Attributes:
        pairs: (M, n), to the vectors between two atoms that a bond, an angle or a double bond holds
            at their distance.
        edges: (3, Q, n), to three edges of the tetrahedron around each atom with four neighbours.
    """

    pairs: np.ndarray
    edges: np.ndarray

    @classmethod
    def of(cls, mol: Chem.Mol, atoms: np.ndarray) -> "_Rigid":
        """Those among `atoms` (n,) of a molecule."""
        steps = Chem.GetDistanceMatrix(mol)
        held = steps <= 2
        for bond in mol.GetBonds():
            if bond.GetBondTypeAsDouble() >= 1.5:
                ends = [steps[atom] == 1 for atom in (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())]
                held |= np.logical_and.outer(*ends) | np.logical_and.outer(*ends[::-1])
        i, j = np.nonzero(np.triu(held[np.ix_(atoms, atoms)], 1))
        one = np.eye(len(atoms))
        bonded = steps[np.ix_(atoms, atoms)] == 1
        fours = [row for row in map(np.flatnonzero, bonded) if len(row) == 4]
        *others, last = np.array(fours, int).reshape(-1, 4).T
        return cls(one[i] - one[j], np.stack([one[other] - one[last] for other in others]))


def _strain(rigid: Sequence[_Rigid], sides: Sequence[np.ndarray]) -> float:
    """Sum of squares (Angstrom²) by which a geometry at best departs from what both sides hold."""
    pairs = np.concatenate([part.pairs for part in rigid])
    edges = np.concatenate([part.edges for part in rigid], axis=1)
    kept = [(part.pairs @ x, part.edges @ x) for part, x in zip(rigid, sides, strict=True)]
    lengths = np.concatenate([np.linalg.norm(vectors, axis=1) for vectors, _ in kept])
    volumes = np.concatenate([_volumes(spanned)[0] for _, spanned in kept])

    def departure(flat: np.ndarray) -> tuple[float, np.ndarray]:
        x = flat.reshape(-1, 3)
        vectors = pairs @ x
        found = np.linalg.norm(vectors, axis=1) + 1e-9
        longer = found - lengths
        filled, slopes = _volumes(edges @ x)
        larger = (filled - volumes) / VOLUME
        gradient = pairs.T @ ((longer / found)[:, None] * vectors)
        push = (larger / VOLUME)[:, None] * slopes
        gradient += edges.reshape(-1, len(x)).T @ push.reshape(-1, 3)
        return float(longer @ longer + larger @ larger), 2 * gradient.ravel()

    random = np.random.default_rng(0)
    starts = [x + SHAKE * random.normal(size=x.shape) for _ in range(SHAKES) for x in sides]
    options = {"ftol": 1e-5}
    return min(
        minimize(departure, start.ravel(), jac=True, method="L-BFGS-B", options=options).fun
        for start in starts
    )


def _volumes(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Signed volumes (Q,) of the boxes with edges (3, Q, 3), and their slopes (3, Q, 3)."""
    a, b, c = edges
    slopes = np.stack([_cross(b, c), _cross(c, a), _cross(a, b)])
    return (a * slopes[0]).sum(axis=1), slopes


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`np.cross` of (Q, 3) without its checks, which take most of its time."""
    y, z = [1, 2, 0], [2, 0, 1]
    return a[:, y] * b[:, z] - a[:, z] * b[:, y]

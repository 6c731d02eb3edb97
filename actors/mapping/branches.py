"""Branches that are the same by symmetry, such as two methyls, as they lie before and after."""

from functools import partial

import numpy as np
from rdkit import Chem

from tscreen.actors.mapping.graphs import Graph
from tscreen.actors.mapping.search import laid_upon
from tscreen.actors.mapping.symmetry import exchanges, inverted, kept_fours, settled
from tscreen.actors.smiles.mapping import MappedReaction


def fit_branches(reaction: MappedReaction, reactant: np.ndarray, product: np.ndarray) -> np.ndarray:
    """Exchange branches that a map can only guess, so that few atoms turn inside out.

    Hydrogens without a map number are left to `fit_hydrogens`.

    Args:
        reaction: both molecules.
        reactant: positions (N, 3), Angstrom.
        product: positions (N, 3), Angstrom.

    Returns:
        Which atom of the product is to lie in the place of each, (N,).
    """
    order = np.arange(len(reaction.numbers))
    before, after = (
        Graph.of(reaction.numbers, Chem.GetAdjacencyMatrix(mol).astype(bool))
        for mol in (reaction.reactant, reaction.product)
    )
    both = laid_upon(before, after, order)
    plain = np.array([not atom.GetAtomMapNum() for atom in reaction.reactant.GetAtoms()])
    fours = kept_fours(both)
    fours = fours[plain[fours].sum(axis=1) < 2]
    misfit = partial(_inverted, reactant, product, fours)
    return settled(order, exchanges(both), misfit) if any(misfit(order)) else order


def _inverted(
    reactant: np.ndarray, product: np.ndarray, fours: np.ndarray, order: np.ndarray
) -> tuple[float, ...]:
    return (inverted(reactant, product[order], fours),)

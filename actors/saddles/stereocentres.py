"""Retention or inversion at the centres that react, which bond graphs do not see."""

import networkx as nx
import numpy as np

from tscreen.schemas.bonds import bond_graph, side_bonds
from tscreen.schemas.reaction import Reaction

NEIGHBOURS = 4


def hands(numbers: np.ndarray, bonds: np.ndarray, positions: np.ndarray) -> dict[int, bool]:
    """The handedness of every stereocentre: an atom with four neighbours, each unlike the others.

    Neighbours are told apart by all that hangs on them (Weisfeiler and Lehman 1968), so hydrogens
    of one methyl group are alike, whatever their numbers; rings whose halves differ in their own
    stereocentres alone are not told apart.

    Args:
        numbers: Atomic numbers (N,).
        bonds: Which atoms are bonded (N, N).
        positions: (N, 3) in Å.

    Returns:
        For each stereocentre, by its number, which of two hands it has; to be compared between
        structures of the same bonds.
    """
    graph = element_graph(numbers, bonds)
    rounds = len(numbers)
    told = nx.weisfeiler_lehman_subgraph_hashes(graph, node_attr="element", iterations=rounds)
    found = {}
    for centre in np.flatnonzero(bonds.sum(axis=1) == NEIGHBOURS).tolist():
        by_kind = {told[atom][-1]: atom for atom in np.flatnonzero(bonds[centre]).tolist()}
        if len(by_kind) == NEIGHBOURS:
            first, *others = (positions[by_kind[kind]] for kind in sorted(by_kind))
            found[centre] = bool(np.linalg.det(np.array(others) - first) > 0)
    return found


def keeps_hands(reaction: Reaction, start: np.ndarray, end: np.ndarray) -> bool:
    """Whether a path inverts the centres that it should and leaves the others as they were.

    Asked are the centres that exchange a neighbour and are stereocentres on both sides. Where a
    stereocentre comes about or goes, either hand is a path of its own right, and the mirror image
    of a path is as good as the path.

    Args:
        reaction: The reaction.
        start: Geometry (N, 3) in Å with the bonds of the reactant.
        end: The same with the bonds of the product.
    """
    r = reaction
    given = [
        hands(r.atomic_numbers, bonds, x)
        for bonds, x in zip(side_bonds(r), (r.reactant_positions, r.product_positions), strict=True)
    ]
    found = [hands(r.atomic_numbers, bond_graph(r.atomic_numbers, x), x) for x in (start, end)]
    reactant, product = side_bonds(r)
    reacting = np.flatnonzero((reactant ^ product).any(axis=1)).tolist()
    known = [atom for atom in reacting if all(atom in side for side in (*given, *found))]
    return all(
        (given[0][atom] == given[1][atom]) == (found[0][atom] == found[1][atom]) for atom in known
    )


def element_graph(numbers: np.ndarray, bonds: np.ndarray) -> nx.Graph:
    """Bonds (N, N) as a graph of which each node knows its `element`."""
    graph = nx.from_numpy_array(bonds.astype(int))
    nx.set_node_attributes(graph, dict(enumerate(numbers.tolist())), "element")
    return graph

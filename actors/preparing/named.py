"""Molecules whose geometry at the reference level is known, found again in a side of a reaction."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import networkx as nx
import numpy as np
from networkx.algorithms.isomorphism import GraphMatcher, categorical_node_match

from tscreen.model.reactions.superposition import deviation, superposed
from tscreen.schemas.bonds import bond_graph

MOST_ORDERS = 2000
"""Of equal atoms: three methyl groups and what they are bonded to give 1296."""
MIRROR = np.array([1.0, 1.0, -1.0])


class NamedMolecule(NamedTuple):
    """Atomic numbers (N,) and positions (N, 3) in Å."""

    numbers: np.ndarray
    positions: np.ndarray

    @property
    def kind(self) -> tuple[str, ...]:
        """See `kind_of`."""
        return kind_of(self.numbers, self.positions)


def kind_of(numbers: np.ndarray, positions: np.ndarray) -> tuple[str, ...]:
    """What molecules a geometry (N, 3) in Å consists of: equal for equal bond graphs.

    By hashes of Weisfeiler and Lehman, which tell apart whatever reactions of few atoms need.
    """
    graph = _graph(numbers, positions)
    return tuple(
        sorted(
            nx.weisfeiler_lehman_graph_hash(graph.subgraph(part), node_attr="element")
            for part in nx.connected_components(graph)
        )
    )


def placed(molecule: NamedMolecule, numbers: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """The molecule's geometry (N, 3), its atoms in the order of a fragment of the same kind.

    It lies where the fragment (N,), (N, 3) does. Of all orders of equal atoms, and of both mirror
    images, which are stationary points alike, the nearest is taken.
    """
    candidates = (
        molecule.positions[order] * hand
        for order in _orders(molecule, numbers, positions)
        for hand in (1.0, MIRROR)
    )
    nearest = min(candidates, key=lambda geometry: deviation(geometry, positions))
    turned, _ = superposed(nearest, positions)
    return turned + positions.mean(0)


def _orders(
    molecule: NamedMolecule, numbers: np.ndarray, positions: np.ndarray
) -> Iterator[list[int]]:
    """Which atom of the molecule each atom of the fragment may be."""
    matcher = GraphMatcher(
        _graph(numbers, positions), _graph(*molecule), categorical_node_match("element", None)
    )
    for match in islice(matcher.isomorphisms_iter(), MOST_ORDERS):
        yield [match[atom] for atom in range(len(numbers))]


def _graph(numbers: np.ndarray, positions: np.ndarray) -> nx.Graph:
    graph = nx.from_numpy_array(bond_graph(numbers, positions).astype(int))
    nx.set_node_attributes(graph, dict(enumerate(numbers.tolist())), "element")
    return graph

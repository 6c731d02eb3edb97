"""Graphs laid upon each other, atom by atom, where colours say that they are the same."""

from collections.abc import Iterator

import numpy as np

from tscreen.actors.mapping.graphs import Graph

Places = dict[int, int]
"""Atoms of the right graph, and which atoms of the left they are."""


def isomorphism(left: Graph, right: Graph, places: Places) -> np.ndarray | None:
    """Which atom of the right graph is each atom (N,) of the left, where some are known.

    As many others as can be stay in their places, or exchange them.

    Returns:
        None where the graphs cannot be laid upon each other so.
    """
    before, after = _coloured(left, list(places.values())), _coloured(right, list(places))
    kinds, counts = np.unique(after, return_counts=True)
    if len(kinds) == len(after):
        order = np.argsort(after)[np.argsort(np.argsort(before))]
        same = np.array_equal(right.weights[np.ix_(order, order)], left.weights)
        return order if same and np.array_equal(after[order], before) else None
    atom = int(np.flatnonzero(np.isin(after, kinds[counts > 1]))[0])
    for longer in one_more(left, right, places, atom):
        found = isomorphism(left, right, longer)
        if found is not None:
            return found
    return None


def one_more(left: Graph, right: Graph, places: Places, atom: int) -> Iterator[Places]:
    """The places with one more atom of the right graph, where colours stay the same."""
    before, after = _coloured(left, list(places.values())), _coloured(right, list(places))
    wanted = right.singled_out([*places, atom]).fingerprint()
    free = np.flatnonzero(before == after[atom]).tolist()
    for place in sorted(free, key=lambda one: (one != atom, places.get(one) != atom)):
        if left.singled_out([*places.values(), place]).fingerprint() == wanted:
            yield {**places, atom: place}


def _coloured(graph: Graph, atoms: list[int]) -> np.ndarray:
    return graph.singled_out(atoms).colours()

"""The mappings of a reaction that change the fewest bonds, exactly.

Take n bonds from the reactant and m from the product so that what is left of both is the same:
n + m bonds change. Subsets are tried in order of their size. Of those that are the same by
symmetry one is tried, so that each mapping that is found is another reaction.
"""

from collections.abc import Iterator

import numpy as np

from tscreen.actors.mapping.graphs import BROKEN, FORMED, NONE, Graph
from tscreen.actors.mapping.isomorphism import Places, isomorphism, one_more
from tscreen.actors.mapping.subsets import alike


def fewest_changes(reactant: Graph, product: Graph, most: int) -> list[np.ndarray]:
    """All ways to map the atoms that change as few bonds as can be.

    Args:
        reactant: N atoms.
        product: N atoms with the same labels, in any order.
        most: bonds that may form and break, together.

    Returns:
        For each way, which atom of the product is each atom of the reactant, (N,). Ways that differ
        by the symmetry of the molecules count once. Empty where more bonds would change than
        `most`.

    Raises:
        TooLargeError: there are too many bonds to try.
    """
    surplus = len(reactant.bonds) - len(product.bonds)
    for changes in range(abs(surplus), most + 1, 2):
        found = _mappings(reactant, product, (changes + surplus) // 2, (changes - surplus) // 2)
        if found:
            return found
    return []


def laid_upon(reactant: Graph, product: Graph, order: np.ndarray) -> Graph:
    """The bonds that are kept, broken and formed by a mapping, atoms as in the reactant."""
    before, after = reactant.weights, product.weights[np.ix_(order, order)]
    formed = np.argwhere(np.triu((after > 0) & (before == 0)))
    broken = np.argwhere(np.triu((before > 0) & (after == 0)))
    return reactant.marked(broken, BROKEN).marked(formed, FORMED)


def n_changes(reactant: Graph, product: Graph, order: np.ndarray) -> int:
    """How many bonds form and break by a mapping."""
    after = product.weights[np.ix_(order, order)]
    return int(np.count_nonzero(after != reactant.weights)) // 2  # each stands there twice


def _mappings(reactant: Graph, product: Graph, n_broken: int, n_formed: int) -> list[np.ndarray]:
    """All ways to map the atoms that break and form so many bonds."""
    found: dict[int, np.ndarray] = {}
    for all_broken, all_formed in alike(reactant, product, n_broken, n_formed):
        for broken in _unlike(reactant, all_broken):
            for formed in _unlike(product, all_formed):
                left, right = reactant.marked(broken, NONE), product.marked(formed, NONE)
                for ends in _placed(reactant.marked(broken, BROKEN), left, right, formed):
                    order = isomorphism(left, right, ends)
                    if order is not None:
                        reaction = laid_upon(reactant, product, order).fingerprint()
                        found.setdefault(reaction, order)
    return list(found.values())


def _unlike(graph: Graph, taken: np.ndarray) -> Iterator[np.ndarray]:
    """One of the sets of bonds for each way that they lie in the molecule."""
    seen = set()
    for bonds in taken:
        told = graph.marked(bonds, BROKEN).fingerprint()
        if told not in seen:
            seen.add(told)
            yield bonds


def _placed(reactant: Graph, left: Graph, right: Graph, formed: np.ndarray) -> list[Places]:
    """The ways in which the ends of the bonds that form can lie in the reactant.

    Args:
        reactant: the bonds that break are marked.
        left: the reactant without them.
        right: the product without the bonds that form.
        formed: these.
    """
    ways: list[Places] = [{}]
    for end in np.unique(formed).tolist():
        longer: dict[int, Places] = {}
        for way in ways:
            for following in one_more(left, right, way, end):
                told = reactant.singled_out(list(following.values())).fingerprint()
                longer.setdefault(told, following)
        ways = list(longer.values())
    return ways

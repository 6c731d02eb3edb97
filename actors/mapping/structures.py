"""Structures whose atoms may stand in another order before and after the reaction."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tscreen.actors.mapping.graphs import Graph
from tscreen.actors.mapping.search import fewest_changes, laid_upon, n_changes
from tscreen.actors.mapping.subsets import TooLargeError
from tscreen.actors.mapping.symmetry import exchanges, inverted, kept_fours, settled
from tscreen.schemas.bonds import bond_graph, fragments_of
from tscreen.schemas.caution import MOST_BOND_CHANGES

if TYPE_CHECKING:
    from ase import Atoms

MARGIN = 4
"""Bond changes that another order must save to be taken for the right one: as many as two atoms
cost that are exchanged by mistake. One reaction in a hundred of GDB7 could save two, none four."""


class NoMappingError(ValueError):
    """The atoms cannot be mapped in a way that makes chemical sense."""


class Structure(NamedTuple):
    """One side of a reaction in space.

    Attributes:
        numbers: atomic numbers (N,).
        positions: (N, 3), Angstrom.
        fragments: which separate molecule an atom belongs to, (N,).
    """

    numbers: np.ndarray
    positions: np.ndarray
    fragments: np.ndarray

    @property
    def graph(self) -> Graph:
        """Elements and bonds; atoms of separate molecules may lie on top of each other."""
        within = np.equal.outer(self.fragments, self.fragments)
        return Graph.of(self.numbers, bond_graph(self.numbers, self.positions) & within)


class Judged(NamedTuple):
    """What became of the order of a product's atoms.

    Attributes:
        order: which atom of the product is each atom of the reactant, (N,); None where the given
            order stays.
        fewer: bonds that another order would change, where that is fewer but too few to tell that
            the given one is wrong; else None.
    """

    order: np.ndarray | None
    fewer: int | None


def judged_order(reactant: Structure, product: Structure) -> Judged:
    """Mend the order of the product's atoms where it is not that of the reactant's.

    Args:
        reactant: N atoms.
        product: the same atoms.

    Raises:
        NoMappingError: more than six bonds change in any order.
    """
    before, after = reactant.graph, product.graph
    agree = np.array_equal(reactant.numbers, product.numbers)
    given = n_changes(before, after, np.arange(len(reactant.numbers))) if agree else None
    try:
        most = MOST_BOND_CHANGES if given is None else min(MOST_BOND_CHANGES, given - 1)
        found = fewest_changes(before, after, most)
    except TooLargeError:
        found = []
    fewer = n_changes(before, after, found[0]) if found else None
    if fewer is not None and (given is None or given >= fewer + MARGIN):
        fits = [_Fit(reactant, product, laid_upon(before, after, o)).best(o, agree) for o in found]
        return Judged(np.array(min(fits)[1]), None)
    if given is not None and given <= MOST_BOND_CHANGES:
        return Judged(None, fewer)
    raise NoMappingError(
        f"no order of the product's atoms was found in which {MOST_BOND_CHANGES} bonds or fewer "
        "change" + (f"; in the given one {given} do" if given is not None else "")
    )


def matching_order(reactant: "Atoms", product: "Atoms") -> np.ndarray:
    """Which atom of the product is each atom of the reactant (N,), where elements disagree.

    Raises:
        NoMappingError: more than six bonds change in any order.
    """
    sides = (
        Structure(side.numbers, side.positions, fragments_of(side.numbers, side.positions))
        for side in (reactant, product)
    )
    order, _ = judged_order(*sides)
    assert order is not None, "elements stand in one order already"
    return order


class _Fit:
    """How well orders of the product's atoms fit that are the same by a reaction's symmetry."""

    def __init__(self, reactant: Structure, product: Structure, reaction: Graph) -> None:
        self._reactant, self._product = reactant, product
        self._exchanges = exchanges(reaction)
        self._fours = kept_fours(reaction)

    def best(self, order: np.ndarray, given: bool) -> tuple[tuple[float, ...], list[int]]:
        """The order that fits best, and before it how badly it does.

        Args:
            order: to start from.
            given: whether the elements stand in the right order, so that most atoms may.
        """
        order = settled(order, self._exchanges, self._moved)
        if not given or 2 * self._moved(order)[0] > len(order):  # only space tells
            order = settled(order, self._exchanges, self._deviation)
            order = settled(order, self._exchanges, self._in_space)
        return self._in_space(order), order.tolist()

    def _moved(self, order: np.ndarray) -> tuple[float, ...]:
        """How many atoms leave their places in the list, then the fit in space."""
        left = int(np.count_nonzero(order != np.arange(len(order))))
        return left, *self._in_space(order)

    def _in_space(self, order: np.ndarray) -> tuple[float, ...]:
        """How many atoms turn inside out, then the deviation."""
        moved = self._product.positions[order]
        return inverted(self._reactant.positions, moved, self._fours), *self._deviation(order)

    def _deviation(self, order: np.ndarray) -> tuple[float, ...]:
        """Sum of squares, Angstrom², over what moves as a whole."""
        moved, fragments = self._product.positions[order], self._product.fragments[order]
        pairs = np.stack([self._reactant.fragments, fragments])
        square = 0.0
        for pair in np.unique(pairs, axis=1).T:
            atoms = (pair == pairs.T).all(axis=1)
            square += _square_deviation(self._reactant.positions[atoms], moved[atoms])
        return (round(square, 4),)


def _square_deviation(fixed: np.ndarray, moving: np.ndarray) -> float:
    """Sum of the squares, Angstrom², when turned and moved upon each other, not reflected."""
    fixed, moving = fixed - fixed.mean(0), moving - moving.mean(0)
    left, overlap, right = np.linalg.svd(moving.T @ fixed)
    overlap[-1] *= np.sign(np.linalg.det(left) * np.linalg.det(right))
    return float((fixed**2).sum() + (moving**2).sum() - 2 * overlap.sum())

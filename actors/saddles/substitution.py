"""Starts in which an atom takes the place of another on a line with the centre between them.

At a tetrahedral centre this is back-side attack. A generated transition state often has both on one
side of the centre (retention), whose saddle point is one, but lies tens of kcal/mol above the one
that turns the centre over (inversion; Ingold, J. Chem. Soc. 1928, 1016). An atom that goes from one
partner to another, as hydrogen does to a radical, is such a centre, too: the partners hold it from
opposite sides.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.spatial.transform import Rotation

from tscreen.schemas.bonds import side_bonds
from tscreen.schemas.reaction import Reaction

TETRAHEDRAL, TRANSFERRED = 4, 1
"""Bonds of a centre that is turned over, and of an atom that goes to another partner."""
STRETCH = {TETRAHEDRAL: 1.35, TRANSFERRED: 1.2}
"""Length of both reacting bonds in times that of the whole bond."""
TURNS = 24
"""Of the entering group about the line of attack, the roomiest of which is taken."""


class Exchange(NamedTuple):
    """The atoms of a substitution, by number, and the bonds of its centre."""

    centre: int
    entering: int
    leaving: int
    bonds: int


def exchange_of(reaction: Reaction) -> Exchange | None:
    """What takes whose place at which centre; None where more or something else happens."""
    reactant, product = side_bonds(reaction)
    formed, broken = (
        np.argwhere(np.triu(more & ~less)).tolist()
        for more, less in ((product, reactant), (reactant, product))
    )
    if len(formed) != 1 or len(broken) != 1:
        return None
    shared = {*formed[0]} & {*broken[0]}
    if len(shared) != 1:
        return None
    [centre] = shared
    bonds = int(reactant[centre].sum())
    if bonds not in STRETCH:
        return None
    [entering], [leaving] = ({*bond} - shared for bond in (formed[0], broken[0]))
    return Exchange(centre, entering, leaving, bonds)


def turns_over(reaction: Reaction) -> bool:
    """Whether what happens is a substitution at a tetrahedral centre."""
    exchange = exchange_of(reaction)
    return exchange is not None and exchange.bonds == TETRAHEDRAL


def in_line(reaction: Reaction) -> np.ndarray | None:
    """A geometry (N, 3) in Å with the entering and the leaving atom opposite each other.

    Both are `STRETCH` times a bond away from the centre, and all that hangs on them is as it is in
    reactant and product. None where the reaction is no substitution, where the two are tied to each
    other, so that they cannot lie opposite, or where more molecules than these take part.
    """
    exchange = exchange_of(reaction)
    if exchange is None:
        return None
    centre, entering, leaving, bonds = exchange
    stretch = STRETCH[bonds] - 1
    here, there = (
        np.asarray(x, dtype=float)
        for x in (reaction.reactant_positions, reaction.product_positions)
    )
    reactant, product = side_bonds(reaction)
    count, part = connected_components(reactant & product, directed=False)
    if part[entering] == part[leaving] or count > len(
        {part[centre], part[entering], part[leaving]}
    ):
        return None
    if part[entering] == part[centre]:  # a ring closes: the same backwards, as a ring that opens
        entering, leaving, here, there = leaving, entering, there, here
    away = here[leaving] - here[centre]
    start = here - here[centre]
    if part[leaving] != part[centre]:
        start[part == part[leaving]] += stretch * away
    group = part == part[entering]
    length = np.linalg.norm(there[entering] - there[centre])
    opposite = -away / np.linalg.norm(away)
    attached = _turned(there[group] - there[centre], there[entering] - there[centre], opposite)
    attached += stretch * length * opposite
    start[group] = _roomiest(attached, start[~group], opposite)
    return start


def _turned(points: np.ndarray, direction: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Points (M, 3) after a turn about the origin that brings one direction onto another."""
    turn, _ = Rotation.align_vectors([wanted], [direction])
    return turn.apply(points)


def _roomiest(group: np.ndarray, others: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """A group (M, 3) turned about an axis to where it is farthest from other atoms (K, 3)."""

    def room(placed: np.ndarray) -> float:
        return float(np.linalg.norm(placed[:, None] - others, axis=-1).min())

    angles = np.linspace(0.0, 2 * np.pi, TURNS, endpoint=False)
    return max((Rotation.from_rotvec(a * axis).apply(group) for a in angles), key=room)

"""The path through a saddle point that joins both sides of a reaction, frame by frame."""

from typing import NamedTuple

import numpy as np

from tscreen.actors.saddles.irc import Ends
from tscreen.actors.saddles.saddle import Saddle
from tscreen.model.reactions.superposition import deviation
from tscreen.schemas.bonds import bond_graph, side_bonds
from tscreen.schemas.reaction import Reaction


class Trace(NamedTuple):
    """F frames of N atoms, from the reactant's end over the saddle point to the product's.

    Attributes:
        positions: (F, N, 3) in Å.
        energies: (F,) in eV above the saddle point.
        top: which frame is the saddle point.
    """

    positions: np.ndarray
    energies: np.ndarray
    top: int


def trace(reaction: Reaction, saddle: Saddle, ends: Ends) -> Trace | None:
    """The path through a saddle point, from what was passed on its ways down; None if not kept."""
    if ends.ways is None:
        return None
    one, other = ends.ways
    if _misfit(reaction, ends.other, ends.one) < _misfit(reaction, ends.one, ends.other):
        one, other = other, one
    energies = np.array([*one.energies[::-1], saddle.energy, *other.energies]) - saddle.energy
    return Trace(
        np.array([*one.positions[::-1], saddle.positions, *other.positions]),
        energies,
        len(one.positions),
    )


def _misfit(reaction: Reaction, start: np.ndarray, end: np.ndarray) -> tuple[int, float]:
    """How many bonds differ from the sides', and how far in Å the atoms lie from theirs."""
    r = reaction
    bonds = [
        int((bond_graph(r.atomic_numbers, found) ^ side).sum())
        for found, side in zip((start, end), side_bonds(r), strict=True)
    ]
    sides = (r.reactant_positions, r.product_positions)
    return sum(bonds), sum(map(deviation, (start, end), sides))

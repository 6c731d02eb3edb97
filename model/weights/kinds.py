"""The kinds of reactions that training sees, and the kind of one."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import numpy as np

from tscreen.model.weights.seen import Bond, Seen, State
from tscreen.schemas.bonds import changing_bonds, side_bonds
from tscreen.schemas.elements import SYMBOLS
from tscreen.schemas.reaction import Reaction

LEAST_ROWS = 20
LEAST_SHARE = 0.05
"""Of the training reactions of one charge and spin, or `LEAST_ROWS` of them where that is fewer,
must change a bond before it counts as seen: structures have bonds that are none by their distances,
and a handful of examples teaches little."""


def kind_of(reaction: Reaction) -> Seen:
    """Its charge, spin, elements and changing bonds."""
    whole, *molecules = reaction.states
    numbers = reaction.atomic_numbers
    return Seen(
        whole,
        frozenset([whole, *molecules]),
        frozenset(numbers.tolist()),
        frozenset(_bond(*numbers[pair].tolist()) for pair in changing_bonds(reaction)),
    )


def kinds_in(reactions: Iterable[Reaction]) -> list[Seen]:
    """What training on these has seen, one for each charge and spin of the whole."""
    by_state: defaultdict[State, list[Seen]] = defaultdict(list)
    for reaction in reactions:
        kind = kind_of(reaction)
        by_state[kind.state].append(kind)
    return [
        Seen(
            state,
            frozenset().union(*(kind.molecules for kind in kinds)),
            frozenset().union(*(kind.elements for kind in kinds)),
            _often(kinds),
        )
        for state, kinds in sorted(by_state.items())
    ]


def change_of(reaction: Reaction) -> str:
    """Which bonds form and break by their elements, the same in both directions: `C-Cl | C-F`."""
    before, after = side_bonds(reaction)
    sides = (
        sorted(
            "-".join(sorted(SYMBOLS[z] for z in reaction.atomic_numbers[pair]))
            for pair in np.argwhere(np.triu(own & ~other))
        )
        for own, other in ((before, after), (after, before))
    )
    return " | ".join(sorted(map(", ".join, sides)))


def _often(kinds: list[Seen]) -> frozenset[Bond]:
    counts = Counter(bond for kind in kinds for bond in kind.bonds)
    least = min(LEAST_ROWS, LEAST_SHARE * len(kinds))
    return frozenset(bond for bond, count in counts.items() if count >= least)


def _bond(one: int, other: int) -> Bond:
    return min(one, other), max(one, other)

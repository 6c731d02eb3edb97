"""Which kinds of reactions a network has seen in training."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

State = tuple[int, int]
"""Charge and spin multiplicity."""

Bond = tuple[int, int]
"""The two atomic numbers, the smaller one first."""


@dataclass(frozen=True)
class Seen:
    """The kind of one reaction, or of all training reactions of one charge and spin.

    An element that only looks on has taught nothing of how it reacts: the phosphines of a complex
    that takes up hydrogen are no reactions of phosphorus. So the bonds that change count too.

    Attributes:
        state: of the whole.
        molecules: states of the molecules, as far as they are known.
        elements: atomic numbers.
        bonds: between which elements bonds form or break.
    """

    state: State
    molecules: frozenset[State]
    elements: frozenset[int]
    bonds: frozenset[Bond]

    def covers(self, kind: "Seen") -> bool:
        """Whether a reaction of that kind is like these."""
        return (
            self.state == kind.state
            and self.molecules >= kind.molecules
            and self.elements >= kind.elements
            and self.bonds >= kind.bonds
        )


def cover(seen: Iterable[Seen], kind: Seen) -> bool:
    """Whether a reaction of that kind is like those of one of these."""
    return any(one.covers(kind) for one in seen)


def joined(seen: Iterable[Seen], more: Iterable[Seen]) -> list[Seen]:
    """What both are, one for each state."""
    by_state: dict[State, Seen] = {}
    for one in (*seen, *more):
        known = by_state.get(one.state, one)
        by_state[one.state] = Seen(
            one.state,
            one.molecules | known.molecules,
            one.elements | known.elements,
            one.bonds | known.bonds,
        )
    return [by_state[state] for state in sorted(by_state)]


def as_json(seen: Sequence[Seen]) -> list[dict[str, Any]]:
    """As `from_json` reads it."""
    return [
        {
            "state": list(one.state),
            "molecules": sorted(map(list, one.molecules)),
            "elements": sorted(one.elements),
            "bonds": sorted(map(list, one.bonds)),
        }
        for one in seen
    ]


def from_json(content: Sequence[dict[str, Any]]) -> list[Seen]:
    """What `as_json` made.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    return [
        Seen(
            _pair(one["state"]),
            frozenset(map(_pair, one["molecules"])),
            frozenset(one["elements"]),
            frozenset(map(_pair, one["bonds"])),
        )
        for one in content
    ]


def _pair(values: Sequence[int]) -> tuple[int, int]:
    first, second = values
    return first, second

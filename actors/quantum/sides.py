"""The energy of one side of a reaction, which may be several separate molecules."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface, energy
from tscreen.schemas.reaction import Reaction


class Side(NamedTuple):
    """One side of a reaction of N atoms.

    Attributes:
        numbers: Atomic numbers (N,).
        positions: (N, 3) in Å; how fragments are placed relative to each other is meaningless.
        fragments: (N,) number of the fragment that each atom belongs to.
        charge: Total charge.
        multiplicity: Total spin multiplicity.
    """

    numbers: np.ndarray
    positions: np.ndarray
    fragments: np.ndarray
    charge: int
    multiplicity: int


def sides_of(reaction: Reaction) -> tuple[Side, Side]:
    """The reactant and the product side."""
    r = reaction
    state = (r.charge, r.multiplicity)
    return (
        Side(r.atomic_numbers, r.reactant_positions, r.reactant_fragments, *state),
        Side(r.atomic_numbers, r.product_positions, r.product_fragments, *state),
    )


class Molecule(NamedTuple):
    """One fragment of a side in one electronic state.

    Attributes:
        numbers: Atomic numbers (N,).
        positions: (N, 3) in Å.
        charge: Charge of the fragment.
        multiplicity: Spin multiplicity of the fragment.
    """

    numbers: np.ndarray
    positions: np.ndarray
    charge: int
    multiplicity: int


def side_energy(side: Side, surface: Surface = DEFAULT_SURFACE) -> float:
    """Energy in eV of a side as it stands, each fragment computed on its own.

    Raises:
        CalculationError: As `xtb.energy`.
    """
    return sum(energy(*molecule, surface=surface) for molecule in molecules(side, surface))


def molecules(side: Side, surface: Surface = DEFAULT_SURFACE) -> list[Molecule]:
    """The fragments of a side in their electronic states.

    The total charge, and any spin beyond the lowest, sits on the one fragment where it gives the
    lowest energy. A neutral side has neutral fragments.
    """
    parts = [side.fragments == name for name in np.unique(side.fragments)]
    if len(parts) == 1:
        return [Molecule(side.numbers, side.positions, side.charge, side.multiplicity)]
    protons = [int(side.numbers[part].sum()) for part in parts]
    choices = [
        [
            Molecule(side.numbers[part], side.positions[part], *state)
            for part, state in zip(parts, states, strict=True)
        ]
        for states in _assignments(protons, side.charge, side.multiplicity)
    ]
    if len(choices) == 1:
        return choices[0]
    return min(choices, key=lambda choice: sum(energy(*m, surface=surface) for m in choice))


def _assignments(
    protons: list[int], charge: int, multiplicity: int
) -> Iterator[list[tuple[int, int]]]:
    """Ways to hand out charge and spin: (charge, multiplicity) for each fragment."""
    for charges in _on_one(charge, len(protons)):
        lowest = [(z - q) % 2 for z, q in zip(protons, charges, strict=True)]
        excess = max(0, multiplicity - 1 - sum(lowest))
        for extra in _on_one(excess, len(protons)):
            unpaired = [low + more for low, more in zip(lowest, extra, strict=True)]
            yield [(q, u + 1) for q, u in zip(charges, unpaired, strict=True)]


def _on_one(amount: int, n: int) -> list[list[int]]:
    """The whole amount on each of n places in turn; a single way if there is none."""
    places = range(n) if amount else range(1)
    return [[amount if place == chosen else 0 for place in range(n)] for chosen in places]

"""The energy of one side of a reaction, which may be several separate molecules."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface, energy
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.reaction import Reaction, States


class Side(NamedTuple):
    """One side of a reaction of N atoms.

    Attributes:
        numbers: Atomic numbers (N,).
        positions: (N, 3) in Å; how fragments are placed relative to each other is meaningless.
        fragments: (N,) number of the fragment that each atom belongs to.
        charge: Total charge.
        multiplicity: Total spin multiplicity.
        states: (charge, multiplicity) of each fragment in the order of their numbers, as far as it
            is known; see `molecules`.
    """

    numbers: np.ndarray
    positions: np.ndarray
    fragments: np.ndarray
    charge: int
    multiplicity: int
    states: States = None


def sides_of(reaction: Reaction) -> tuple[Side, Side]:
    """The reactant and the product side."""
    r = reaction
    state = (r.charge, r.multiplicity)
    return (
        Side(
            r.atomic_numbers, r.reactant_positions, r.reactant_fragments, *state, r.reactant_states
        ),
        Side(r.atomic_numbers, r.product_positions, r.product_fragments, *state, r.product_states),
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

    A side that is one molecule has charge and multiplicity of the whole. Of several, each has the
    charge and the multiplicity of its `states`, which a SMILES gives, so that an ion pair stays
    one. Without them the total charge sits on one fragment and the others are neutral, as are all
    of a neutral side; each has the lowest multiplicity that its electrons allow.

    Spins of the fragments combine to the multiplicity of the whole: two doublets make a singlet or
    a triplet. Where that is higher than they can come to, one of the fragments has the unpaired
    electrons that are missing. Whichever of all fragments gives the lowest energy has charge or
    electrons in these cases.

    Raises:
        CalculationError: As `xtb.energy`.
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
        for states in _assignments(protons, side)
    ]
    if not choices:
        raise CalculationError(
            "electron_count",
            f"no molecule of {side.fragments.max() + 1} can have the charge {side.charge} and the "
            f"multiplicity {side.multiplicity}; give the states of the molecules",
        )
    if len(choices) == 1:
        return choices[0]
    return min(choices, key=lambda choice: sum(energy(*m, surface=surface) for m in choice))


def _assignments(protons: list[int], side: Side) -> Iterator[list[tuple[int, int]]]:
    """Ways to hand out charge and spin: (charge, multiplicity) for each fragment."""
    for start in [side.states] if side.states else _lowest(protons, side.charge):
        excess = max(0, side.multiplicity - 1 - sum(spin - 1 for _, spin in start))
        for extra in _on_one(excess, len(protons)):
            states = [(q, spin + more) for (q, spin), more in zip(start, extra, strict=True)]
            if all(z - q >= spin - 1 for z, (q, spin) in zip(protons, states, strict=True)):
                yield states


def _lowest(protons: list[int], charge: int) -> list[list[tuple[int, int]]]:
    """Each fragment at its lowest multiplicity, with the charge on one of them in turn."""
    return [
        [(q, 1 + (z - q) % 2) for z, q in zip(protons, charges, strict=True)]
        for charges in _on_one(charge, len(protons))
    ]


def _on_one(amount: int, n: int) -> list[list[int]]:
    """The whole amount on each of n places in turn; a single way if there is none."""
    places = range(n) if amount else range(1)
    return [[amount if place == chosen else 0 for place in range(n)] for chosen in places]

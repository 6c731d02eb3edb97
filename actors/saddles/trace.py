"""The path through a saddle point that joins both sides of a reaction, frame by frame."""

from typing import NamedTuple

import numpy as np
from ase import Atoms

from tscreen.actors.quantum.hessian import hessian, modes
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
from tscreen.actors.saddles.bonds import side_bonds
from tscreen.actors.saddles.irc import way_down
from tscreen.actors.saddles.saddle import Saddle
from tscreen.model.reactions.geometry import deviation
from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.reaction import Reaction


class Trace(NamedTuple):
    """F frames of N atoms, from the reactant's minimum over the saddle point to the product's.

    Attributes:
        positions: (F, N, 3) in Å.
        energies: (F,) in eV above the saddle point.
        frequencies_cm1: of the V modes (V,) of the saddle point, rising, the imaginary one
            negative.
    """

    positions: np.ndarray
    energies: np.ndarray
    frequencies_cm1: np.ndarray


def trace(reaction: Reaction, saddle: np.ndarray, surface: Surface = DEFAULT_SURFACE) -> Trace:
    """Follow the path down from a saddle point (N, 3) in Å as a search does, keeping every step.

    Raises:
        CalculationError: As `irc.follow`.
    """
    r = reaction
    atoms = surface.atoms(r.atomic_numbers, saddle, r.charge, r.multiplicity)
    matrix = hessian(atoms)
    cm1, direction = modes(atoms, matrix)
    top = Saddle(atoms.get_positions(), atoms.get_potential_energy(), cm1, direction, 0, matrix)
    one, other = (_Way.down(reaction, top, way, surface) for way in (1, -1))
    if _misfit(reaction, other.end, one.end) < _misfit(reaction, one.end, other.end):
        one, other = other, one
    return Trace(
        np.array([*one.positions[::-1], top.positions, *other.positions]),
        np.array([*one.energies[::-1], top.energy, *other.energies]) - top.energy,
        cm1,
    )


class _Way(NamedTuple):
    """Positions (N, 3) in Å and energies in eV on one way down, without the saddle point."""

    positions: list[np.ndarray]
    energies: list[float]

    @property
    def end(self) -> np.ndarray:
        return self.positions[-1]

    @classmethod
    def down(cls, reaction: Reaction, top: Saddle, way: int, surface: Surface) -> "_Way":
        passed = cls([], [])

        def note(atoms: Atoms) -> None:
            if not passed.positions or not np.array_equal(passed.end, atoms.positions):
                passed.positions.append(atoms.get_positions())
                passed.energies.append(atoms.get_potential_energy())

        way_down(reaction, top, way, surface, note)
        return passed


def _misfit(reaction: Reaction, start: np.ndarray, end: np.ndarray) -> tuple[int, float]:
    """How many bonds differ from the sides', and how far in Å the atoms lie from theirs."""
    r = reaction
    bonds = [
        int((bond_graph(r.atomic_numbers, found) ^ side).sum())
        for found, side in zip((start, end), side_bonds(r), strict=True)
    ]
    sides = (r.reactant_positions, r.product_positions)
    return sum(bonds), sum(map(deviation, (start, end), sides))

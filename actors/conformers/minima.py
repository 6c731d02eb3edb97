"""Lower conformers of a side's molecules."""

from collections.abc import Sequence

import numpy as np

from tscreen.actors.conformers.turns import hollows, rotors, single
from tscreen.actors.quantum.sides import Molecule
from tscreen.actors.quantum.xtb import Surface, energy, relax
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.bonds import bond_graph


def below(molecules: Sequence[Molecule], surface: Surface) -> float:
    """By how much lower conformers of relaxed molecules lie below these, eV, all together.

    Every bond is turned in its turn, from the lowest conformer so far; what relaxes to other bonds
    does not count. When the time is up, what was found until then.
    """
    return sum(_below(molecule, surface) for molecule in molecules)


def _below(molecule: Molecule, surface: Surface) -> float:
    def at(structure: np.ndarray) -> float:
        return energy(*molecule._replace(positions=structure), surface=surface)

    bonds = bond_graph(molecule.numbers, molecule.positions)
    lowest, gained = molecule, 0.0
    try:
        start = at(molecule.positions)
        turning = single(molecule.numbers, molecule.positions, bonds)
        for rotor in rotors(molecule.numbers, bonds, turning):
            for structure in hollows(lowest.positions, rotor, at):
                relaxed = _relaxed(molecule._replace(positions=structure), bonds, surface)
                if relaxed is not None and start - relaxed[1] > gained:
                    lowest, gained = relaxed[0], start - relaxed[1]
    except CalculationError as error:
        if not error.timed_out:
            raise
    return gained


def _relaxed(
    molecule: Molecule, bonds: np.ndarray, surface: Surface
) -> tuple[Molecule, float] | None:
    """The minimum next to a molecule and its energy in eV; None if there is none of these bonds."""
    try:
        positions, energy = relax(*molecule, surface=surface)
    except CalculationError as error:
        if error.timed_out:
            raise
        return None
    kept = np.array_equal(bond_graph(molecule.numbers, positions), bonds)
    return (molecule._replace(positions=positions), energy) if kept else None

"""The single bonds that may turn in a structure, and the structures that come of turning them."""

from collections.abc import Callable
from typing import NamedTuple

import networkx as nx
import numpy as np
from scipy.spatial.transform import Rotation

from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.elements import COVALENT_RADII

ANGLES = tuple(range(60, 360, 60))
"""Degrees by which one end of a bond is turned."""

STRAIGHT = 0.98
"""Cosine between a bond and all bonds beyond it, above which turning moves nothing."""

CLASH = 2.0
"""Energy in eV above the start that a turned structure may have before it has settled."""

SINGLE = 0.9
"""Length of a single bond at least, in sums of covalent radii; double ones reach 0.88."""


def single(numbers: np.ndarray, positions: np.ndarray, bonds: np.ndarray) -> np.ndarray:
    """Which of the bonds (N, N) between atoms at positions (N, 3) in Å are single, by length.

    Turning a double bond would give another isomer and no conformer.
    """
    length = np.linalg.norm(positions[:, None] - positions, axis=-1)
    radii = COVALENT_RADII[numbers]
    return bonds & (length > SINGLE * np.add.outer(radii, radii))


class Rotor(NamedTuple):
    """A bond that may turn.

    Attributes:
        fixed: the atom at its end that stays.
        pivot: the other atom of the bond.
        moving: atoms (M,) that turn about the bond.
    """

    fixed: int
    pivot: int
    moving: np.ndarray


def rotors(numbers: np.ndarray, bonds: np.ndarray, turning: np.ndarray) -> list[Rotor]:
    """The bonds of a structure of N atoms about which one of its ends may turn.

    They lie on no ring and have more atoms beyond either end. Bonds to a group that looks the same
    after a third of a turn, as methyl does, are left out.

    Args:
        numbers: Atomic numbers (N,).
        bonds: Which atoms are bonded (N, N); in a transition state also those that form or break,
            so that these count for rings.
        turning: Which of these bonds are single and whole (N, N).
    """
    graph = nx.from_numpy_array(bonds)
    found = []
    for bond in nx.bridges(graph):
        ends = (bond, bond[::-1])
        if not turning[bond] or any(_like_methyl(graph, numbers, *end) for end in ends):
            continue
        cut = graph.copy()
        cut.remove_edge(*bond)
        beyond = {end: nx.node_connected_component(cut, end[1]) - {end[1]} for end in ends}
        fixed, pivot = min(ends, key=lambda end: len(beyond[end]))
        found.append(Rotor(fixed, pivot, np.array(sorted(beyond[fixed, pivot]))))
    return found


def _like_methyl(graph: nx.Graph, numbers: np.ndarray, other: int, end: int) -> bool:
    """Whether turning an end of a bond changes nothing: no atoms beyond, or three equal ones."""
    rest = [atom for atom in graph[end] if atom != other]
    if not rest:
        return True
    alone = all(graph.degree[atom] == 1 for atom in rest)
    return alone and len(rest) == 3 and len({int(numbers[atom]) for atom in rest}) == 1


def turned(positions: np.ndarray, rotor: Rotor) -> list[np.ndarray]:
    """Structures (N, 3) in Å with one end of a bond turned by each of `ANGLES`.

    None where all that is beyond the bond lies on its line.
    """
    origin = positions[rotor.pivot]
    axis = origin - positions[rotor.fixed]
    axis = axis / np.linalg.norm(axis)
    arms = positions[rotor.moving] - origin
    if (np.abs(arms @ axis) > STRAIGHT * np.linalg.norm(arms, axis=1)).all():
        return []
    structures = []
    for angle in ANGLES:
        structure = positions.copy()
        turn = Rotation.from_rotvec(np.deg2rad(angle) * axis)
        structure[rotor.moving] = origin + turn.apply(arms)
        structures.append(structure)
    return structures


def hollows(
    positions: np.ndarray, rotor: Rotor, energy: Callable[[np.ndarray], float]
) -> list[np.ndarray]:
    """The turned structures (N, 3) that are minima of their energy along the turn, lowest first.

    Those that clash, or whose energy cannot be computed, are left out.

    Args:
        positions: To start from, (N, 3) in Å.
        rotor: The bond.
        energy: Gives the energy in eV of a structure.

    Raises:
        CalculationError: The energy of the start cannot be computed.
    """
    structures = turned(positions, rotor)
    if not structures:
        return []
    start = energy(positions)
    ring = np.array([start, *(_energy_or_inf(energy, structure) for structure in structures)])
    here = ring[1:]
    minimum = (here <= ring[:-1]) & (here <= np.append(ring[2:], start)) & (here < start + CLASH)
    return [structures[place] for place in np.argsort(here) if minimum[place]]


def _energy_or_inf(energy: Callable[[np.ndarray], float], structure: np.ndarray) -> float:
    try:
        return energy(structure)
    except CalculationError as error:
        if error.timed_out:
            raise
        return np.inf

"""Molecules as graphs, and colours of atoms that do not depend on their order.

Two atoms of the same colour have the same surroundings, bond by bond, as far as the graph goes
(Weisfeiler and Lehman 1968). Colours are hashes, so those of different graphs can be compared.
"""

from typing import NamedTuple

import numpy as np

NONE, KEPT, BROKEN, FORMED = np.array([0, 1, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], np.uint64)
"""What bonds of different kinds weigh in a colour."""
OWN = np.uint64(0xD6E8FEB86659FD93)
"""What an atom itself weighs in its next colour."""
SHIFTS = np.array([30, 27, 31], np.uint64)
FACTORS = np.array([0xBF58476D1CE4E5B9, 0x94D049BB133111EB], np.uint64)


class Graph(NamedTuple):
    """One side of a reaction, or both of them laid upon each other.

    Attributes:
        labels: (N,) uint64; atoms are only ever mapped to those of the same label.
        weights: (N, N) symmetric uint64, `KEPT` for a bond; laid upon each other also `BROKEN` and
            `FORMED`; 0 where there is no bond.
    """

    labels: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, labels: np.ndarray, bonded: np.ndarray) -> "Graph":
        """The graph of N atoms with whole numbers for labels, bonded (N, N) bool."""
        return cls(labels.astype(np.uint64), bonded * KEPT)

    @property
    def bonds(self) -> np.ndarray:
        """The pairs (E, 2) of bonded atoms."""
        return np.argwhere(np.triu(self.weights, 1))

    def marked(self, bonds: np.ndarray, weight: np.uint64) -> "Graph":
        """The same with another weight on some bonds (B, 2); 0 takes them away."""
        weights = self.weights.copy()
        weights[tuple(bonds.T)] = weights[tuple(bonds.T[::-1])] = weight
        return Graph(self.labels, weights)

    def singled_out(self, atoms: list[int]) -> "Graph":
        """The same, the labels of some atoms telling their places in the list too."""
        labels = self.labels.copy()
        labels[atoms] = mixed(labels[atoms] + OWN) + np.arange(1, len(atoms) + 1, dtype=np.uint64)
        return Graph(labels, self.weights)

    def colours(self) -> np.ndarray:
        """Of all atoms, (N,) uint64, each round telling more of their surroundings."""
        found = mixed(self.labels)
        kinds = 0
        while (now := len(set(found.tolist()))) > kinds:
            kinds, found = now, mixed(found * OWN + self.weights @ found)
        return found

    def fingerprint(self) -> int:
        """One number for all colours, whatever the order of the atoms."""
        return int(self.colours().sum())


def mixed(values: np.ndarray) -> np.ndarray:
    """Unlike hashes of unlike numbers, uint64 (SplitMix64)."""
    values = (values ^ (values >> SHIFTS[0])) * FACTORS[0]
    values = (values ^ (values >> SHIFTS[1])) * FACTORS[1]
    return values ^ (values >> SHIFTS[2])

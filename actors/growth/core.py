"""The transition state that substituents are grown onto."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Core:
    """A transition state of M atoms, and the atoms that give way to substituents.

    Attributes:
        numbers: atomic numbers (M,).
        positions: (M, 3), Angstrom.
        charge: total charge.
        multiplicity: spin multiplicity.
        places: the atom that gives way, by slot; it has one neighbour.
    """

    numbers: np.ndarray
    positions: np.ndarray
    charge: int
    multiplicity: int
    places: Mapping[str, int]

    @property
    def kept(self) -> np.ndarray:
        """The atoms that stay, in order."""
        return np.setdiff1d(np.arange(len(self.numbers)), list(self.places.values()))

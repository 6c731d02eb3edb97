"""What a step of a job has come to, in the units of ASE and as the JSON of our own programs."""

import json
from dataclasses import dataclass

import numpy as np
from ase import units


@dataclass(frozen=True)
class Calculation:
    """The end of a calculation on M atoms.

    Attributes:
        numbers: atomic numbers (M,).
        positions: (M, 3), Å.
        energy: electronic, eV.
        frequencies_cm1: of all V modes (V,), rising, imaginary ones negative; None where they were
            not computed.
        mode: displacements (M, 3) along the lowest mode, the largest 1 Å; None likewise.
    """

    numbers: np.ndarray
    positions: np.ndarray
    energy: float
    frequencies_cm1: np.ndarray | None = None
    mode: np.ndarray | None = None

    @property
    def zero_point(self) -> float | None:
        """Zero-point energy in eV, harmonic, imaginary modes left out."""
        if len(self.numbers) == 1:
            return 0.0
        if self.frequencies_cm1 is None:
            return None
        return float(np.clip(self.frequencies_cm1, 0, None).sum()) * units.invcm / 2

    def as_json(self) -> str:
        """What `from_json` reads."""
        lists = {
            name: None if array is None else np.asarray(array).tolist()
            for name, array in (
                ("atomic_numbers", self.numbers),
                ("positions_angstrom", self.positions),
                ("frequencies_cm1", self.frequencies_cm1),
                ("mode", self.mode),
            )
        }
        return json.dumps({"energy_hartree": self.energy / units.Hartree, **lists}) + "\n"

    @classmethod
    def from_json(cls, text: bytes | str) -> "Calculation":
        """What `as_json` has written.

        Raises:
            ValueError: it is something else, or says what went wrong.
        """
        told = json.loads(text)
        if isinstance(told, dict) and "error" in told:
            raise ValueError(told["error"])
        try:
            frequencies, mode = told["frequencies_cm1"], told["mode"]
            return cls(
                np.array(told["atomic_numbers"]),
                np.array(told["positions_angstrom"], float),
                float(told["energy_hartree"]) * units.Hartree,
                None if frequencies is None else np.array(frequencies, float),
                None if mode is None else np.array(mode, float),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"it is not what this program writes ({error})") from error

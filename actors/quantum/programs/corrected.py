"""GFN2-xTB with the committee's correction: E = E(GFN2-xTB) + ΔE."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.data import chemical_symbols

from tscreen.actors.defaults import MODEL_LEVEL
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.correction.card import CorrectionCard
from tscreen.model.correction.committee import load_committee
from tscreen.model.correction.evaluator import CommitteeEvaluator

KEPT = 16
"""Evaluators: those of the molecules of a reaction, and some."""


class Corrected(Calculator):
    """Adds the committee's energy and forces to those of another calculator.

    Args:
        base: Gives GFN2-xTB's energy and forces, and ends calculations that are out of time.
        charge: Total charge of the molecule.
        multiplicity: Its spin multiplicity.
        head: Which reference level it is corrected to. All molecules of a reaction must have the
            same, or their energies cannot be compared; None takes that of the molecule itself.
        weights: Folder of the committee, None for the shipped one.
    """

    implemented_properties = ["energy", "forces"]  # noqa: RUF012 - ASE wants a plain list

    def __init__(
        self,
        base: Calculator,
        charge: int,
        multiplicity: int,
        head: int | None,
        weights: Path | None,
    ) -> None:
        super().__init__()
        self._base = base
        self._state = charge, multiplicity
        self._head = head
        self._weights = weights

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Compute both properties.

        Raises:
            CalculationError: As the base, and `xtb_scf` where the correction is not finite.
            ValueError: No head was given, and the correction does not know such a molecule.
        """
        super().calculate(atoms, properties or ["energy"], system_changes)
        numbers, positions = self.atoms.numbers, self.atoms.positions
        evaluate = _evaluator(self._weights, numbers.astype(np.uint8).tobytes(), self._head_of())
        # Not through the getters of Atoms: see `Guarded`.
        self._base.calculate(self.atoms, ["energy", "forces"], system_changes)
        energy, forces = self._base.results["energy"], self._base.results["forces"]
        more, pull = evaluate(positions)
        if not (np.isfinite(more) and np.isfinite(pull).all()):
            raise CalculationError(
                "xtb_scf", "the correction of GFN2-xTB or its gradient is not finite"
            )
        energy += more
        self.results = {"energy": energy, "free_energy": energy, "forces": forces + pull}

    def _head_of(self) -> int:
        if self._head is not None:
            return self._head
        return _head_of_molecule(self._weights, tuple(self.atoms.numbers.tolist()), *self._state)


@lru_cache(maxsize=KEPT)
def _evaluator(weights: Path | None, numbers: bytes, head: int) -> CommitteeEvaluator:
    return load_committee(weights).evaluator(np.frombuffer(numbers, np.uint8), head)


@lru_cache(maxsize=KEPT)
def _head_of_molecule(
    weights: Path | None, numbers: tuple[int, ...], charge: int, multiplicity: int
) -> int:
    card = load_committee(weights).card
    head = card.level_of(numbers, charge, multiplicity)
    if head is None:
        raise ValueError(
            f"the correction {card.version} does not cover this molecule "
            f"({_told(card, numbers, charge, multiplicity)}); use the level {MODEL_LEVEL}"
        )
    return head


def _told(card: CorrectionCard, numbers: Sequence[int], charge: int, multiplicity: int) -> str:
    reason = not_covered(card, numbers, charge, multiplicity)
    if reason == "elements":
        known = set().union(*(level.elements for level in card.levels))
        foreign = sorted(set(numbers) - known) or sorted(set(numbers))
        return f"elements {', '.join(chemical_symbols[z] for z in foreign)}"
    if reason == "size":
        return f"{len(numbers)} atoms"
    return f"charge {charge}, multiplicity {multiplicity}"


def not_covered(
    card: CorrectionCard, numbers: Sequence[int], charge: int, multiplicity: int
) -> str | None:
    """Why no level of the card covers such a reaction: `elements`, `size` or `state`, else None."""
    if card.level_of(numbers, charge, multiplicity) is not None:
        return None
    known = [level for level in card.levels if level.elements.issuperset(numbers)]
    if not known:
        return "elements"
    fits = any(len(numbers) <= level.max_atoms for level in known)
    return "state" if fits else "size"

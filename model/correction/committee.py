"""The committee of corrections on disk, and what its members say of a structure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tscreen.model.correction.card import CARD, TENSORS, CorrectionCard, read_correction_card
from tscreen.model.correction.evaluator import CommitteeEvaluator, Shape, Weights
from tscreen.model.weights import SHIPPED, WeightsError
from tscreen.model.weights.tensors import read_tensors

OUTPUTS_OF_A_LEVEL = 2
"""Electronic energy, and the zero-point part of the barriers."""


class Opinion(NamedTuple):
    """What M members say of a structure.

    Attributes:
        electronic: corrections of its energy (M,), eV.
        zero_point: what it adds to a barrier (M,), eV; 0 at levels without `vibrations`.
        force_spread: largest disagreement in the force on any atom, eV/Å: the root mean square
            over members of the distance from their mean.
    """

    electronic: NDArray[np.float64]
    zero_point: NDArray[np.float64]
    force_spread: float


@dataclass(frozen=True)
class Committee:
    """Members of one size that were trained apart, in the groups that the levels of a card name."""

    card: CorrectionCard
    groups: Sequence[Sequence[Weights]]

    def members(self, level: int) -> Sequence[Weights]:
        """Those that know a level of the card."""
        return self.groups[self.card.levels[level].group]

    def evaluator(self, numbers: NDArray[np.uint8], level: int) -> CommitteeEvaluator:
        """Their mean for molecules of these atoms (N,), at a level of the card."""
        return self._evaluator(self.members(level), numbers, level)

    def opinion(
        self, numbers: NDArray[np.uint8], positions: NDArray[np.floating], level: int
    ) -> Opinion:
        """What each says of a molecule, atomic numbers (N,), positions (N, 3) in Å."""
        alone = [self._evaluator([member], numbers, level) for member in self.members(level)]
        forces = np.array([member(positions)[1] for member in alone])
        off = forces - forces.mean(0)
        spread = np.sqrt((off**2).sum(-1).mean(0)).max()
        outputs = self.evaluator(numbers, level).outputs(positions)
        first = self._first_output(level)
        zero_point = outputs[:, first + 1]
        if not self.card.levels[level].vibrations:
            zero_point = np.zeros_like(zero_point)  # what it has learnt is zero, and it is noise
        return Opinion(outputs[:, first], zero_point, float(spread))

    def _evaluator(
        self, members: Sequence[Weights], numbers: NDArray[np.uint8], level: int
    ) -> CommitteeEvaluator:
        size = self.card.network
        shape = Shape(size["message_channels"], size["n_radial"], size["cutoff"])
        return CommitteeEvaluator(members, shape, numbers, self._first_output(level))

    def _first_output(self, level: int) -> int:
        return OUTPUTS_OF_A_LEVEL * self.card.levels[level].output


def load_committee(folder: Path | None = None) -> Committee:
    """The committee in ``folder``, by default the shipped one.

    Raises:
        WeightsError: card or weights are missing, or do not belong together.
    """
    card = read_correction_card(folder)
    path = (folder or SHIPPED) / TENSORS
    if card is None or not path.exists():
        raise WeightsError(
            f"no correction of GFN2-xTB in {path.parent}: {CARD} or {TENSORS} is missing; choose "
            "--level gfn2-xtb, or train it with `tscreen train`"
        )
    tensors = read_tensors(path, card.sha256)
    members = [
        _of_member(tensors, f"{number}.") for number in range(card.n_groups * card.n_members)
    ]
    n = card.n_members
    return Committee(card, [members[start : start + n] for start in range(0, len(members), n)])


def _of_member(tensors: Weights, prefix: str) -> Weights:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

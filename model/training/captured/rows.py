"""Training rows as they lie on the device, and batches of them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from tscreen.model.reactions.batch import PreparedReaction, stack_padded
from tscreen.model.training.captured.dense import DenseBatch, block_pairs, pair_index
from tscreen.model.training.training_draws import COORDINATE_NOISE


@dataclass(frozen=True)
class PaddedRows:
    """R reactions with their TS, padded to N atoms; lengths in Å.

    Attributes:
        numbers: atomic numbers ``(R, N)`` int64, 0 where padded.
        state: total charge, and number of unpaired electrons ``(R, 2)``.
        reactant: ``(R, N, 3)``, as product and ts.
        reactant_fragments: which fragment an atom is in ``(R, N)``, as product_fragments.
    """

    numbers: Tensor
    state: Tensor
    reactant: Tensor
    product: Tensor
    ts: Tensor
    reactant_fragments: Tensor
    product_fragments: Tensor

    @classmethod
    def of(cls, rows: Sequence[PreparedReaction], n: int, device: str) -> "PaddedRows":
        """Rows of at most ``n`` atoms, copied to the device."""
        state = torch.tensor([[row.charge, row.unpaired] for row in rows], dtype=torch.float32)
        tensors = (
            stack_padded([row.numbers for row in rows], n, np.int64),
            state,
            stack_padded([row.reactant for row in rows], n, np.float32),
            stack_padded([row.product for row in rows], n, np.float32),
            stack_padded([row.ts for row in rows], n, np.float32),
            stack_padded([row.reactant_fragments for row in rows], n, np.int64),
            stack_padded([row.product_fragments for row in rows], n, np.int64),
        )
        return cls(*(x.to(device) for x in tensors))

    @property
    def mask(self) -> Tensor:
        """True where there is an atom ``(R, N)``."""
        return self.numbers > 0

    def select(self, which: Tensor | slice) -> "PaddedRows":
        """Some of the rows."""
        return PaddedRows(*(x[which] for x in self._tensors()))

    def parts(self, count: int) -> list["PaddedRows"]:
        """The rows in so many equal parts."""
        size = len(self.numbers) // count
        return [self.select(slice(k * size, (k + 1) * size)) for k in range(count)]

    def augmented(self) -> "PaddedRows":
        """With noisy coordinates, and half of the rows as their reverse reactions."""
        device = self.numbers.device
        level = COORDINATE_NOISE * torch.rand(len(self.numbers), 1, 1, device=device)
        noise = torch.randn(2, *self.reactant.shape, device=device) * level
        noise = noise * self.mask.unsqueeze(-1)
        one, other = self.reactant + noise[0], self.product + noise[1]
        swap = torch.rand(len(self.numbers), 1, device=device) < 0.5
        reactant, product = _exchanged(one, other, swap.unsqueeze(-1))
        ours, theirs = _exchanged(self.reactant_fragments, self.product_fragments, swap)
        return replace(
            self,
            reactant=reactant,
            product=product,
            reactant_fragments=ours,
            product_fragments=theirs,
        )

    def batch(self) -> DenseBatch:
        """All rows as one batch."""
        b, n = self.numbers.shape
        upper, lower = block_pairs(b, n, self.numbers.device)
        pair_of, real = pair_index(self.mask, upper, lower)
        first, second = upper // n, lower // n
        of_atoms = (self.reactant_fragments.flatten(), self.product_fragments.flatten())
        same = [fragments[first] == fragments[second] for fragments in of_atoms]
        return DenseBatch(
            numbers=self.numbers,
            mask=self.mask,
            state=self.state,
            reactant=self.reactant,
            product=self.product,
            upper=upper,
            lower=lower,
            pair_of=pair_of,
            same_reactant=same[0],
            same_product=same[1],
            ts=self.ts,
            real=real.to(self.reactant.dtype),
        )

    def _tensors(self) -> list[Tensor]:
        return [getattr(self, one.name) for one in fields(self)]


def _exchanged(one: Tensor, other: Tensor, swap: Tensor) -> tuple[Tensor, Tensor]:
    return torch.where(swap, other, one), torch.where(swap, one, other)

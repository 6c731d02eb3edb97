"""`ReactionBatch`: the one noun that every part of `model/` speaks.

Atoms are padded to the largest reaction of the batch, ``(B, N)``. Pair features are symmetric, so
they are kept once per pair ``i < j`` and packed without padding, ``(P, C)``; `unpack` lays them out
as a dense symmetric block ``(B, N, N, C)`` and `pack` is its adjoint.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tscreen.model.reactions.assembly import assemble
from tscreen.schemas.elements import COVALENT_RADII
from tscreen.schemas.reaction import Reaction

BOND_STRETCH = 1.3  # atoms nearer than this times the sum of covalent radii count as bonded
# No pair in a training TS of GDB7-22-TS comes under 0.76 of the sum of its radii.
CLASH_RATIO = 0.7


@dataclass(frozen=True)
class ReactionBatch:
    """A batch of B reactions of at most N atoms, P pairs in all. Lengths in Å.

    Attributes:
        numbers: atomic numbers ``(B, N)`` int64, 0 where padded.
        mask: true where there is an atom ``(B, N)`` bool.
        state: total charge, and number of unpaired electrons ``(B, 2)``.
        reactant: assembled reactant positions ``(B, N, 3)``.
        product: assembled product positions ``(B, N, 3)``, superposed on the reactant.
        ts: reference transition state ``(B, N, 3)``, or None.
        upper: index ``(P,)`` of entry (i, j) of every pair in a flat ``(B*N*N)`` block.
        lower: index ``(P,)`` of entry (j, i).
        pair_of: packed index ``(B*N*N,)`` of every entry of the block, P where there is no pair.
        same_reactant: the two atoms are in one reactant fragment ``(P,)`` bool.
        same_product: the two atoms are in one product fragment ``(P,)`` bool.
        real: 1 for a pair, 0 for what only fills a place among them ``(P,)``; None where all are.
    """

    numbers: Tensor
    mask: Tensor
    state: Tensor
    reactant: Tensor
    product: Tensor
    upper: Tensor
    lower: Tensor
    pair_of: Tensor
    same_reactant: Tensor
    same_product: Tensor
    ts: Tensor | None = None
    real: Tensor | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(B, N)."""
        return self.numbers.shape[0], self.numbers.shape[1]

    def to(self, device: torch.device | str) -> "ReactionBatch":
        """The same batch on another device."""
        moved = {
            f.name: value.to(device, non_blocking=True)
            for f in fields(self)
            if (value := getattr(self, f.name)) is not None
        }
        return replace(self, **moved)

    def swapped(self) -> "ReactionBatch":
        """The reverse reactions; their transition states are the same."""
        return replace(
            self,
            reactant=self.product,
            product=self.reactant,
            same_reactant=self.same_product,
            same_product=self.same_reactant,
        )

    def pair_distances(self, x: Tensor) -> Tensor:
        """Distances ``(..., P)`` between the atoms of each pair in ``x (..., B, N, 3)``."""
        flat = x.flatten(-3, -2)
        # not by indexing, whose backward pass sorts on a GPU
        first, second = (flat.index_select(-2, k) for k in (self.first_atom, self.second_atom))
        return (first - second).norm(dim=-1)

    @cached_property
    def first_atom(self) -> Tensor:
        """Index ``(P,)`` of atom i of each pair among the flat ``B*N`` atoms."""
        return self.upper // self.shape[1]

    @cached_property
    def second_atom(self) -> Tensor:
        """Index ``(P,)`` of atom j of each pair among the flat ``B*N`` atoms."""
        return self.lower // self.shape[1]

    @cached_property
    def pair_reaction(self) -> Tensor:
        """Which reaction ``(P,)`` of the batch a pair belongs to."""
        return self.upper // (self.shape[1] ** 2)

    @property
    def bond_lengths(self) -> Tensor:
        """Sum of the covalent radii ``(P,)`` of each pair."""
        radius = _radii(self.reactant.dtype, self.numbers.device)[self.numbers.flatten()]
        return radius[self.first_atom] + radius[self.second_atom]

    def bonds(self, x: Tensor) -> Tensor:
        """True ``(P,)`` where a pair of ``x (B, N, 3)`` is as close as a bond."""
        return self.pair_distances(x) < BOND_STRETCH * self.bond_lengths

    def clashes(self, x: Tensor) -> Tensor:
        """True ``(..., B)`` where atoms of ``x (..., B, N, 3)`` are nearer than any bond is."""
        close = self.pair_distances(x) < CLASH_RATIO * self.bond_lengths
        count = torch.zeros(*x.shape[:-2], device=x.device)
        return count.index_add(-1, self.pair_reaction, close.to(count.dtype)) > 0

    def mean_over_pairs(self, values: Tensor, weight: Tensor) -> Tensor:
        """Mean ``(..., B)`` of ``values (..., P)`` over each reaction's pairs, by their weight.

        ``weight`` is ``(P,)``, or has as many of the last dimensions of ``values`` as it needs.
        """
        total = values.new_zeros(*values.shape[:-1], self.shape[0])
        norm = weight.new_zeros(*weight.shape[:-1], self.shape[0])
        norm = norm.index_add(-1, self.pair_reaction, weight)
        total = total.index_add(-1, self.pair_reaction, values * weight)
        return total / norm.clamp(min=1e-6)

    def pair_mean(self, values: Tensor) -> Tensor:
        """Mean, a scalar, of ``values (P,)`` over the pairs of all reactions."""
        return values.mean()


@lru_cache
def _radii(dtype: torch.dtype, device: torch.device) -> Tensor:
    """Covalent radii by atomic number, copied to a device only once."""
    return torch.as_tensor(COVALENT_RADII, dtype=dtype, device=device)


class _Unpack(torch.autograd.Function):
    """Packed pairs to a dense symmetric block; forward and backward only gather."""

    @staticmethod
    def forward(ctx, packed, upper, lower, pair_of, real):
        ctx.save_for_backward(upper, lower, pair_of, real)
        zero = packed.new_zeros(*packed.shape[:-2], 1, packed.shape[-1])
        return torch.cat([packed, zero], dim=-2).index_select(-2, pair_of)

    @staticmethod
    def backward(ctx, grad):
        return _Pack.apply(grad, *ctx.saved_tensors), None, None, None, None


class _Pack(torch.autograd.Function):
    """The adjoint of `_Unpack`: sums entries (i, j) and (j, i) of a dense block."""

    @staticmethod
    def forward(ctx, dense, upper, lower, pair_of, real):
        ctx.save_for_backward(upper, lower, pair_of, real)
        packed = dense.index_select(-2, upper) + dense.index_select(-2, lower)
        return packed if real is None else packed * real.unsqueeze(-1)

    @staticmethod
    def backward(ctx, grad):
        return _Unpack.apply(grad, *ctx.saved_tensors), None, None, None, None


def unpack(packed: Tensor, batch: ReactionBatch) -> Tensor:
    """Dense symmetric block ``(..., B, N, N, C)`` of packed pairs ``(..., P, C)``, else zero."""
    dense = _Unpack.apply(packed, batch.upper, batch.lower, batch.pair_of, batch.real)
    b, n = batch.shape
    return dense.unflatten(-2, (b, n, n))


def pack(dense: Tensor, batch: ReactionBatch) -> Tensor:
    """Entries (i, j) plus (j, i) ``(..., P, C)`` of a dense block ``(..., B, N, N, C)``."""
    return _Pack.apply(dense.flatten(-4, -2), batch.upper, batch.lower, batch.pair_of, batch.real)


@dataclass(frozen=True)
class PreparedReaction:
    """A reaction with its fragments assembled, ready to be stacked; arrays are ``(N, ...)``."""

    numbers: NDArray[np.uint8]
    reactant: NDArray[np.float32]
    product: NDArray[np.float32]
    reactant_fragments: NDArray[np.uint8]
    product_fragments: NDArray[np.uint8]
    charge: int = 0
    unpaired: int = 0
    ts: NDArray[np.float32] | None = None

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return len(self.numbers)


def prepare(reaction: Reaction, ts: NDArray[np.float32] | None = None) -> PreparedReaction:
    """Assemble the fragments of one reaction; ``ts (N, 3)`` is its reference, if there is one."""
    reactant, product = assemble(
        reaction.reactant_positions,
        reaction.product_positions,
        reaction.reactant_fragments,
        reaction.product_fragments,
    )
    return PreparedReaction(
        reaction.atomic_numbers,
        reactant,
        product,
        reaction.reactant_fragments,
        reaction.product_fragments,
        reaction.charge,
        reaction.multiplicity - 1,
        ts,
    )


def collate(reactions: Sequence[PreparedReaction]) -> ReactionBatch:
    """Stack prepared reactions, padded to the largest of them, on the CPU."""
    n = max(r.n_atoms for r in reactions)
    mask = torch.zeros(len(reactions), n, dtype=torch.bool)
    for row, reaction in enumerate(reactions):
        mask[row, : reaction.n_atoms] = True
    upper, lower, pair_of = _pair_index(mask)
    first, second = upper // n, lower // n
    same = [
        (ids := stack_padded([getattr(r, side) for r in reactions], n, np.int64).flatten())[first]
        == ids[second]
        for side in ("reactant_fragments", "product_fragments")
    ]
    with_ts = all(r.ts is not None for r in reactions)
    return ReactionBatch(
        numbers=stack_padded([r.numbers for r in reactions], n, np.int64),
        mask=mask,
        state=torch.tensor([[r.charge, r.unpaired] for r in reactions], dtype=torch.float32),
        reactant=stack_padded([r.reactant for r in reactions], n, np.float32),
        product=stack_padded([r.product for r in reactions], n, np.float32),
        upper=upper,
        lower=lower,
        pair_of=pair_of,
        same_reactant=same[0],
        same_product=same[1],
        ts=stack_padded([r.ts for r in reactions], n, np.float32) if with_ts else None,
    )


def stack_padded(arrays: Sequence, n: int, dtype: type) -> Tensor:
    """Arrays ``(N', ...)`` of up to ``n`` atoms as one ``(R, n, ...)``, zero where padded."""
    out = np.zeros((len(arrays), n, *arrays[0].shape[1:]), dtype=dtype)
    for row, array in enumerate(arrays):
        out[row, : len(array)] = array
    return torch.from_numpy(out)


def _pair_index(mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    b, n = mask.shape
    exists = (mask[:, :, None] & mask[:, None, :]).triu(1)
    reaction, i, j = exists.nonzero(as_tuple=True)
    upper, lower = (reaction * n + i) * n + j, (reaction * n + j) * n + i
    pair_of = torch.full((b * n * n,), len(upper), dtype=torch.int64)
    pair_of[upper] = pair_of[lower] = torch.arange(len(upper))
    return upper, lower, pair_of

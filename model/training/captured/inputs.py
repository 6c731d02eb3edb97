"""What a step is given: everything that is random or that has to be waited for is done before."""

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from tscreen.model.reactions.geometry import centre
from tscreen.model.reactions.prior import fit_prior
from tscreen.model.reactions.randomness import Randomness
from tscreen.model.training.captured.dense import DenseBatch
from tscreen.model.training.captured.precision import matmul_precision
from tscreen.model.training.captured.rows import PaddedRows
from tscreen.model.training.training_draws import CANDIDATES, Draws


@dataclass(frozen=True)
class StepInput:
    """A batch, the distances ``(P,)`` in Å of its deterministic prior, and the starts."""

    batch: DenseBatch
    prior_distance: Tensor
    draws: Draws

    def clone(self) -> "StepInput":
        """The same in memory of its own, with the indices of its pairs worked out."""
        own = {one.name: getattr(self.batch, one.name).clone() for one in fields(self.batch)}
        batch = replace(self.batch, **own)
        # Kept by the batch from now on: they are the same whatever is filled in.
        _ = batch.first_atom, batch.second_atom, batch.pair_reaction
        draws = Draws(self.draws.x.clone(), self.draws.noise.clone())
        return StepInput(batch, self.prior_distance.clone(), draws)

    def fill(self, other: "StepInput") -> None:
        """Take the numbers of another input of the same shape."""
        for own, new in zip(self._tensors(), other._tensors(), strict=True):
            own.copy_(new, non_blocking=True)

    def _tensors(self) -> list[Tensor]:
        batch = [getattr(self.batch, one.name) for one in fields(self.batch)]
        return [*batch, self.prior_distance, self.draws.x, self.draws.noise]


@torch.no_grad()
@matmul_precision("highest")
def draw_inputs(rows: PaddedRows, count: int) -> list[StepInput]:
    """``count`` inputs of equally many of the rows, as they are; their starts are drawn at once."""
    together = rows.batch()
    draws = starts(together)
    distance = together.pair_distances(draws.x[0]).chunk(count)
    x, noise = draws.x.chunk(count, dim=1), draws.noise.chunk(count, dim=1)
    parts = rows.parts(count)
    return [StepInput(parts[k].batch(), distance[k], Draws(x[k], noise[k])) for k in range(count)]


def starts(batch: DenseBatch) -> Draws:
    """The deterministic prior first, then `CANDIDATES` random ones with noise.

    They stay as they lie: noise has no direction that it would be drawn in a frame for.
    """
    device, shape = batch.mask.device, (1 + CANDIDATES, batch.shape[0])
    random = Randomness.of(
        torch.rand(4, *shape, device=device),
        torch.randn(shape[0], len(batch.upper), device=device),
        torch.randn(*shape, batch.shape[1], 3, device=device),
    )
    prior = centre(fit_prior(batch, random.choice, random.pair_noise), batch.mask)
    return Draws(random.noised(prior, batch), random.level)

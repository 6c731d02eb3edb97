"""How good a model is on reactions whose transition state is known."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from model.batch import ReactionBatch, collate
from model.data import ReferenceReaction, batches_by_size
from model.generator import MAX_PAIRS, Judged, sample_and_judge
from model.geometry import rmsd
from model.loading import TrainedModel
from model.permissive import permissive_rmsd
from model.prior import build_prior, midpoint
from model.recommender import GOOD_RMSD

SHARES = (0.1, 0.2, 0.5)  # Å


@dataclass(frozen=True)
class ReactionErrors:
    """What became of one reaction; RMSD in Å from the reference TS."""

    reaction_id: str
    several_products: bool
    recommended: float
    permissive: float
    first_sample: float
    mean_of_samples: float
    best_of_samples: float
    prior: float
    expected_rmsd: float
    p_good: float


@dataclass(frozen=True)
class Distribution:
    """RMSD in Å over reactions, and the share of reactions under 0.1, 0.2 and 0.5 Å."""

    mean: float
    median: float
    under: dict[str, float]


@dataclass(frozen=True)
class Evaluation:
    """Figures of a whole evaluation; see `ReactionErrors` for what each RMSD is."""

    n_reactions: int
    n_samples: int
    steps: int
    recommended: Distribution
    permissive: Distribution
    first_sample: Distribution
    mean_of_samples: Distribution
    best_of_samples: Distribution
    prior: Distribution
    one_product: Distribution | None
    several_products: Distribution | None
    spearman_expected_true: float | None
    p_good_mean: float
    good_share: float
    samples_per_second: float


def evaluate(
    model: TrainedModel,
    rows: Sequence[ReferenceReaction],
    *,
    n_samples: int,
    steps: int,
    seed: int,
    device: str,
    on_batch: Callable[[int], None] = lambda _: None,
) -> tuple[Evaluation, list[ReactionErrors]]:
    """Sample ``rows`` and compare; ``on_batch`` is told how many reactions were done."""
    errors: list[ReactionErrors] = []
    seconds = 0.0
    for indices in batches_by_size([r.prepared.n_atoms for r in rows], MAX_PAIRS[device]):
        chosen = [rows[i] for i in indices]
        batch = collate([row.prepared for row in chosen]).to(device)
        start = time.monotonic()
        judged = sample_and_judge(
            model,
            batch,
            [row.reaction_id for row in chosen],
            n_samples=n_samples,
            steps=steps,
            seed=seed,
        )
        judged.log_rmsd.cpu()  # wait for the device before the clock is read
        seconds += time.monotonic() - start
        errors += _compare(judged, batch, chosen)
        on_batch(len(chosen))
    rate = n_samples * len(rows) / seconds
    return _summarise(errors, n_samples, steps, rate), errors


def _compare(
    judged: Judged, batch: ReactionBatch, rows: Sequence[ReferenceReaction]
) -> list[ReactionErrors]:
    assert batch.ts is not None
    deviation = rmsd(judged.samples, batch.ts.expand_as(judged.samples), batch.mask).cpu().numpy()
    prior = rmsd(build_prior(batch, midpoint(batch))[0], batch.ts, batch.mask).tolist()
    best = judged.log_rmsd.argmin(0).tolist()
    samples = judged.samples.cpu().numpy()
    errors = []
    for k, (row, choice) in enumerate(zip(rows, best, strict=True)):
        one = row.prepared
        assert one.ts is not None
        errors.append(
            ReactionErrors(
                reaction_id=row.reaction_id,
                several_products=row.several_products,
                recommended=float(deviation[choice, k]),
                permissive=permissive_rmsd(one.numbers, samples[choice, k, : one.n_atoms], one.ts),
                first_sample=float(deviation[0, k]),
                mean_of_samples=float(deviation[:, k].mean()),
                best_of_samples=float(deviation[:, k].min()),
                prior=prior[k],
                expected_rmsd=float(judged.expected_rmsd[choice, k]),
                p_good=float(judged.p_good[choice, k]),
            )
        )
    return errors


def _distribution(values: Sequence[float] | NDArray[np.floating]) -> Distribution | None:
    array = np.asarray(values)
    if not len(array):
        return None
    under = {f"{limit:g}": float((array < limit).mean()) for limit in SHARES}
    return Distribution(float(array.mean()), float(np.median(array)), under)


def _summarise(
    errors: list[ReactionErrors], n_samples: int, steps: int, samples_per_second: float
) -> Evaluation:
    def column(name: str) -> NDArray[np.floating]:
        return np.array([getattr(error, name) for error in errors])

    names = (
        "recommended",
        "permissive",
        "first_sample",
        "mean_of_samples",
        "best_of_samples",
        "prior",
    )
    distributions = {name: _distribution(column(name)) for name in names}
    recommended, several = column("recommended"), column("several_products").astype(bool)
    ranked = len(errors) > 2
    return Evaluation(
        n_reactions=len(errors),
        n_samples=n_samples,
        steps=steps,
        **distributions,  # type: ignore[arg-type]
        one_product=_distribution(recommended[~several]),
        several_products=_distribution(recommended[several]),
        spearman_expected_true=(
            float(spearmanr(column("expected_rmsd"), recommended).statistic) if ranked else None
        ),
        p_good_mean=float(column("p_good").mean()),
        good_share=float((recommended < GOOD_RMSD).mean()),
        samples_per_second=samples_per_second,
    )

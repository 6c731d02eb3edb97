"""How good a model is on reactions whose transition state is known."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from tscreen.model.evaluation.permissive import permissive_rmsd
from tscreen.model.evaluation.risk import (
    ReliabilityBin,
    RiskCurve,
    calibration_error_by_chance,
    expected_calibration_error,
    reliability,
    risk_curve,
)
from tscreen.model.evaluation.scorers import candidate_errors
from tscreen.model.inference.assessment import Barrier
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.generator import Recommendation, ScoredSamples, pick, sample_and_score
from tscreen.model.inference.loading import TrainedModel, device_of
from tscreen.model.inference.memory import batch_size
from tscreen.model.inference.prediction import Prediction, predict
from tscreen.model.networks.recommender import GOOD_RMSD
from tscreen.model.reactions.batch import ReactionBatch, collate
from tscreen.model.reactions.data import ReferenceReaction, batches_by_size
from tscreen.model.reactions.energies import Energies, SinglePoints
from tscreen.model.reactions.geometry import rmsd
from tscreen.model.reactions.prior import build_prior, midpoint

SHARES = (0.1, 0.2, 0.5)  # Å


@dataclass(frozen=True)
class BarrierErrors:
    """The barrier of one reaction, kcal/mol: reference, GFN2-xTB at the kept TS, and predicted."""

    reference: float
    xtb: float
    predicted: Barrier

    @property
    def error(self) -> float:
        """Absolute error of the prediction."""
        return abs(self.predicted.value - self.reference)

    @property
    def covered(self) -> bool:
        """Whether the interval holds the reference."""
        return self.predicted.low <= self.reference <= self.predicted.high


@dataclass(frozen=True)
class ReactionErrors:
    """What became of one reaction; RMSD in Å from the reference TS.

    `recommended` is the TS that is kept: with energies, the one that recommender and assessor
    choose together; without, the recommender's own choice, which `by_recommender` always is. Rows
    that `calibrates` are left out of figures about probabilities and intervals.
    """

    reaction_id: str
    several_products: bool
    calibrates: bool
    recommended: float
    by_recommender: float
    permissive: float
    first_sample: float
    mean_of_samples: float
    best_of_samples: float
    prior: float
    expected_rmsd: float
    p_good: float
    barrier: BarrierErrors | None = None


@dataclass(frozen=True)
class Distribution:
    """RMSD in Å over reactions, and the share of reactions under 0.1, 0.2 and 0.5 Å."""

    mean: float
    median: float
    under: dict[str, float]


@dataclass(frozen=True)
class BarrierFigures:
    """Predicted barriers at one level of theory against the reference, kcal/mol.

    Attributes:
        n: reactions.
        mae: mean absolute error of the prediction.
        median: its median.
        xtb_mae: mean absolute error of the GFN2-xTB barrier.
        xtb_median: its median; a few collisions make the mean.
        coverage: share of 90 % intervals that hold the reference, of rows that do not calibrate.
        mean_interval: mean width of these.
        risk: error of the kept reactions when the lowest ``p_good`` are sent away.
        risk_by_interval: the same when the widest intervals are.
    """

    n: int
    mae: float
    median: float
    xtb_mae: float
    xtb_median: float
    coverage: float | None
    mean_interval: float
    risk: RiskCurve
    risk_by_interval: RiskCurve


@dataclass(frozen=True)
class Evaluation:
    """Figures of a whole evaluation; see `ReactionErrors` for what each RMSD is.

    Attributes:
        gap_closed: share of the way from a random sample to the best that the kept TS has come.
        reliability: of rows that do not calibrate, as is `calibration_error`.
        calibration_error_by_chance: what that would be if every ``p_good`` were true.
        risk: RMSD of the kept reactions when the lowest ``p_good`` are sent away.
        barriers: by level of theory; empty without energies.
    """

    n_reactions: int
    n_samples: int
    steps: int
    with_energies: bool
    recommended: Distribution
    by_recommender: Distribution
    permissive: Distribution
    first_sample: Distribution
    mean_of_samples: Distribution
    best_of_samples: Distribution
    prior: Distribution
    one_product: Distribution | None
    several_products: Distribution | None
    spearman_expected_true: float | None
    gap_closed: float | None
    p_good_mean: float
    good_share: float
    reliability: list[ReliabilityBin]
    calibration_error: float | None
    calibration_error_by_chance: float | None
    risk: RiskCurve
    samples_per_second: float
    barriers: dict[str, BarrierFigures] = field(default_factory=dict)


def evaluate(
    model: TrainedModel,
    rows: Sequence[ReferenceReaction],
    single_points: SinglePoints | None,
    sampling: Sampling,
    *,
    on_batch: Callable[[int], None] = lambda _: None,
) -> tuple[Evaluation, list[ReactionErrors]]:
    """Sample ``rows`` and compare; ``on_batch`` is told how many reactions were done.

    Without ``single_points`` the assessor is left out.
    """
    device = device_of(model.network)
    errors: list[ReactionErrors] = []
    seconds = 0.0
    pairs = batch_size(device).pairs_with(sampling.n_samples)
    for indices in batches_by_size([r.prepared.n_atoms for r in rows], pairs):
        chosen = [rows[i] for i in indices]
        batch = collate([row.prepared for row in chosen]).to(device)
        start = time.monotonic()
        scored = sample_and_score(model, batch, [row.reaction_id for row in chosen], sampling)
        scored.rank.cpu()  # wait for the device before the clock is read
        seconds += time.monotonic() - start
        found = pick(scored, batch)
        compared = _compare(scored, found, batch, chosen)
        if single_points is not None:
            compared = _with_energies(model, chosen, found, compared, single_points)
        errors += compared
        on_batch(len(chosen))
    rate = sampling.n_samples * len(rows) / seconds
    return summarise(errors, sampling, rate, single_points is not None), errors


def _compare(
    scored: ScoredSamples,
    found: Sequence[Recommendation],
    batch: ReactionBatch,
    rows: Sequence[ReferenceReaction],
) -> list[ReactionErrors]:
    """The errors without energies."""
    assert batch.ts is not None
    deviation = rmsd(scored.samples, batch.ts.expand_as(scored.samples), batch.mask).cpu().numpy()
    prior = rmsd(build_prior(batch, midpoint(batch))[0], batch.ts, batch.mask).tolist()
    errors = []
    for k, (row, one) in enumerate(zip(rows, found, strict=True)):
        recommended = float(candidate_errors(one.candidates.structures, row)[0])
        errors.append(
            ReactionErrors(
                reaction_id=row.reaction_id,
                several_products=row.reaction.several_products,
                calibrates=row.calibrates,
                recommended=recommended,
                by_recommender=recommended,
                permissive=_permissive(one.candidates.structures[0], row),
                first_sample=float(deviation[0, k]),
                mean_of_samples=float(deviation[:, k].mean()),
                best_of_samples=float(deviation[:, k].min()),
                prior=prior[k],
                expected_rmsd=one.expected_rmsd,
                p_good=one.p_good,
            )
        )
    return errors


def _permissive(structure: NDArray[np.float32], row: ReferenceReaction) -> float:
    assert row.prepared.ts is not None
    return permissive_rmsd(row.prepared.numbers, structure, row.prepared.ts)


def _with_energies(
    model: TrainedModel,
    rows: Sequence[ReferenceReaction],
    found: Sequence[Recommendation],
    errors: Sequence[ReactionErrors],
    single_points: SinglePoints,
) -> list[ReactionErrors]:
    """The errors once the candidates have energies; unchanged where none could be computed."""
    reactions = [row.reaction for row in rows]
    candidates = [one.candidates for one in found]
    energies = single_points(reactions, [one.structures for one in candidates])
    predictions = predict(model.assessor, model.card, reactions, candidates, energies)
    return [
        error if prediction is None else _predicted(error, row, prediction, energy)
        for error, row, prediction, energy in zip(errors, rows, predictions, energies, strict=True)
    ]


def _predicted(
    error: ReactionErrors, row: ReferenceReaction, prediction: Prediction, energies: Energies
) -> ReactionErrors:
    """The errors of a reaction with those of what is predicted by energies."""
    barrier = prediction.barrier
    comparable = barrier is not None and row.barrier is not None and barrier.level == row.level
    xtb = float(energies.barriers[prediction.kept])
    return replace(
        error,
        recommended=float(candidate_errors(prediction.structures, row)[0]),
        permissive=_permissive(prediction.structures[0], row),
        expected_rmsd=prediction.expected_rmsd,
        p_good=prediction.p_good,
        barrier=BarrierErrors(row.barrier, xtb, barrier) if comparable else None,  # type: ignore[arg-type]
    )


def distribution(values: Sequence[float] | NDArray[np.floating]) -> Distribution | None:
    """The distribution of RMSDs in Å, None of none."""
    array = np.asarray(values)
    if not len(array):
        return None
    under = {f"{limit:g}": float((array < limit).mean()) for limit in SHARES}
    return Distribution(float(array.mean()), float(np.median(array)), under)


def summarise(
    errors: list[ReactionErrors],
    sampling: Sampling,
    samples_per_second: float,
    with_energies: bool,
) -> Evaluation:
    """Figures over all reactions."""

    def column(name: str) -> NDArray[np.floating]:
        return np.array([getattr(error, name) for error in errors])

    names = (
        "recommended",
        "by_recommender",
        "permissive",
        "first_sample",
        "mean_of_samples",
        "best_of_samples",
        "prior",
    )
    distributions = {name: distribution(column(name)) for name in names}
    recommended, several = column("recommended"), column("several_products").astype(bool)
    good, p_good = recommended < GOOD_RMSD, column("p_good")
    fresh = ~column("calibrates").astype(bool)
    bins = reliability(p_good[fresh], good[fresh])
    mean, best = column("mean_of_samples").mean(), column("best_of_samples").mean()
    return Evaluation(
        n_reactions=len(errors),
        n_samples=sampling.n_samples,
        steps=sampling.steps,
        with_energies=with_energies,
        **distributions,  # type: ignore[arg-type]
        one_product=distribution(recommended[~several]),
        several_products=distribution(recommended[several]),
        spearman_expected_true=(
            float(spearmanr(column("expected_rmsd"), recommended).statistic)
            if len(errors) > 2
            else None
        ),
        gap_closed=float((mean - recommended.mean()) / (mean - best)) if mean > best else None,
        p_good_mean=float(p_good.mean()),
        good_share=float(good.mean()),
        reliability=bins,
        calibration_error=expected_calibration_error(bins) if bins else None,
        calibration_error_by_chance=calibration_error_by_chance(p_good[fresh]) if bins else None,
        risk=risk_curve(recommended, p_good),
        samples_per_second=samples_per_second,
        barriers=_barrier_figures(errors),
    )


def _barrier_figures(errors: Sequence[ReactionErrors]) -> dict[str, BarrierFigures]:
    """Figures of every level of theory apart."""
    levels: dict[str, list[ReactionErrors]] = {}
    for one in errors:
        if one.barrier:
            levels.setdefault(one.barrier.predicted.level, []).append(one)
    return {name: _barriers_at_level(found) for name, found in levels.items()}


def _barriers_at_level(found: Sequence[ReactionErrors]) -> BarrierFigures:
    barriers = [one.barrier for one in found if one.barrier]
    fresh = [one.barrier.covered for one in found if one.barrier and not one.calibrates]
    error = np.array([barrier.error for barrier in barriers])
    xtb = np.array([abs(barrier.xtb - barrier.reference) for barrier in barriers])
    width = np.array([b.predicted.high - b.predicted.low for b in barriers])
    return BarrierFigures(
        n=len(found),
        mae=float(error.mean()),
        median=float(np.median(error)),
        xtb_mae=float(xtb.mean()),
        xtb_median=float(np.median(xtb)),
        coverage=float(np.mean(fresh)) if fresh else None,
        mean_interval=float(width.mean()),
        risk=risk_curve(error, np.array([one.p_good for one in found])),
        risk_by_interval=risk_curve(error, -width),
    )

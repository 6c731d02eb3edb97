"""How good the model, or a run, is on reactions whose transition state is known."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import polars as pl
import pyarrow as pa

from tscreen.actors.quantum.levels import labelled
from tscreen.actors.quantum.single_points import SinglePointPool
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.references import Compared, all_above_reference
from tscreen.model.evaluation.evaluation import Evaluation, ReactionErrors
from tscreen.model.evaluation.evaluation import evaluate as evaluate_model
from tscreen.model.evaluation.finished import (
    FinishedEvaluation,
    Result,
    evaluate_finished,
    off_reference,
)
from tscreen.model.evaluation.found import NEAR
from tscreen.model.inference.defaults import SAMPLES, STEPS, Sampling
from tscreen.model.inference.loading import best_device, load_model, use_threads
from tscreen.model.reactions.data import (
    DataError,
    ReferenceReaction,
    References,
    load_reference,
    reference_of,
)
from tscreen.model.weights import WeightsError
from tscreen.screen.analysis.finished import finished_results
from tscreen.screen.dataset.output import read_results
from tscreen.screen.errors import UsageError

Reference: TypeAlias = str | Path | pl.DataFrame | pa.Table
"""A Parquet file of reactions with `ts_positions`, or such a table."""


def evaluate(
    reference: Reference,
    results: str | Path | pl.DataFrame | pl.LazyFrame | None = None,
    *,
    split: str | None = "val",
    samples: int = SAMPLES,
    steps: int = STEPS,
    seed: int = 0,
    energies: bool = True,
    weights: str | Path | None = None,
    threads: int | None = None,
) -> Evaluation | FinishedEvaluation:
    """Compare transition states and barriers with those of a reference, as `tscreen evaluate` does.

    With `results` those of a run or a prediction; else what the model samples now, not refined:

        tscreen.evaluate("reactions.parquet", "out").rmsd.median
        tscreen.evaluate(table, tscreen.predict(table).results, split=None).verified
        tscreen.evaluate("reactions.parquet").barriers

    Args:
        reference: Parquet file of reactions with `ts_positions` (Å), or such a table; with
            `barrier_kcal_mol` and `barrier_level` barriers are compared too. A bad row costs only
            itself, with a warning.
        results: folder of a run, or a frame of its results.
        split: rows of this `split` alone, None for all.
        samples: of the model, for each reaction.
        steps: of a sample.
        seed: of the samples.
        energies: compute energies: of what the model samples by GFN2-xTB, for barriers and for the
            choice of the TS; with results, of the saddle points that the references lead to at the
            level of the results, to see which were found or undercut.
        weights: folder of weights, None for the shipped ones.
        threads: of the processor, None for one for each core.

    Returns:
        `FinishedEvaluation` with results, `Evaluation` without.

    Raises:
        UsageError: there is nothing to compare, or the weights cannot be used.
    """
    references = known(reference, split)
    if bad := references.left_out:
        warnings.warn(f"{len(bad)} bad reactions left out, the first: {bad[0]}", stacklevel=2)
    path = None if weights is None else Path(weights)
    if results is not None:
        return of_results(
            references.rows, results, energies=energies, weights=path, threads=threads
        )
    sampling = Sampling(samples, steps, seed)
    return of_model(references.rows, sampling, energies=energies, weights=path, threads=threads)[0]


def known(reference: Reference, split: str | None) -> References:
    """The reactions of a table with their reference.

    Raises:
        UsageError: there are none that can be used.
    """
    try:
        if isinstance(reference, pl.DataFrame):
            reference = reference.to_arrow(compat_level=pl.CompatLevel.oldest())
        if isinstance(reference, pa.Table):
            return reference_of(reference, split)
        return load_reference(Path(reference), split)
    except DataError as error:
        raise UsageError(str(error)) from error


def of_results(
    rows: Sequence[ReferenceReaction],
    results: str | Path | pl.DataFrame | pl.LazyFrame,
    *,
    energies: bool,
    weights: Path | None,
    threads: int | None,
    on_search: Callable[[int, int], None] = lambda _done, _total: None,
) -> FinishedEvaluation:
    """Compare the results of a run; `on_search` is told how many searches of how many are done.

    Raises:
        UsageError: the folder is not one that a run has written, or has no result of these rows.
    """
    frame = results if isinstance(results, pl.DataFrame | pl.LazyFrame) else read_results(results)
    found = finished_results(frame.lazy())
    if not any(row.reaction_id in found for row in rows):
        raise UsageError(
            f"no results of '{rows[0].reaction_id}' or any other reaction of the reference; give "
            "those of a run of its rows"
        )
    if not energies:
        return evaluate_finished(rows, found)
    compared = _compared(rows, found, weights)
    above = all_above_reference(list(compared.values()), threads)
    energy: dict[str, float] = {}
    for reaction_id, value in zip(compared, above, strict=True):
        energy[reaction_id] = value
        on_search(len(energy), len(compared))
    return evaluate_finished(rows, found, energy)


def _compared(
    rows: Sequence[ReferenceReaction], found: dict[str, Result], weights: Path | None
) -> dict[str, Compared]:
    """Verified saddle points that are not the reference's by their geometry, by `reaction_id`."""
    compared = {}
    for row in rows:
        result, ts = found.get(row.reaction_id), row.prepared.ts
        assert ts is not None, "a reference has a transition state"
        if result is None or not (result.taken and result.verified):
            continue
        if off_reference(result.positions, row) > NEAR:
            assert result.energy_level is not None, "a saddle point that was found has energies"
            level, solvent = labelled(result.energy_level.partition("//")[0])
            surface = Surface(level, weights=weights, solvent=solvent)
            compared[row.reaction_id] = Compared(row.reaction, ts, result.positions, surface)
    return compared


def of_model(
    rows: Sequence[ReferenceReaction],
    sampling: Sampling,
    *,
    energies: bool,
    weights: Path | None,
    threads: int | None,
    on_batch: Callable[[int], None] = lambda _: None,
) -> tuple[Evaluation, list[ReactionErrors]]:
    """Compare what the model samples; `on_batch` is told how many reactions were done.

    Raises:
        UsageError: the weights cannot be used.
    """
    use_threads(threads)
    try:
        model = load_model(weights, best_device())
    except WeightsError as error:
        raise UsageError(str(error)) from error
    with SinglePointPool(threads) as pool:
        return evaluate_model(
            model,
            rows,
            pool if energies else None,
            sampling,
            on_batch=on_batch,
        )

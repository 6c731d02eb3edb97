"""How good the model, or a run, is on reactions whose transition state is known."""

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import polars as pl
import pyarrow as pa

from tscreen.actors.quantum.single_points import SinglePointPool
from tscreen.model.evaluation.evaluation import Evaluation, ReactionErrors
from tscreen.model.evaluation.evaluation import evaluate as evaluate_model
from tscreen.model.evaluation.finished import FinishedEvaluation, evaluate_finished
from tscreen.model.inference.defaults import SAMPLES, STEPS
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
        energies: compute GFN2-xTB energies, for barriers and for the choice of the TS.
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
    if results is not None:
        return of_results(references.rows, results)
    path = None if weights is None else Path(weights)
    return of_model(
        references.rows, samples, steps, seed, energies=energies, weights=path, threads=threads
    )[0]


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
    rows: Sequence[ReferenceReaction], results: str | Path | pl.DataFrame | pl.LazyFrame
) -> FinishedEvaluation:
    """Compare the results of a run.

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
    return evaluate_finished(rows, found)


def of_model(
    rows: Sequence[ReferenceReaction],
    samples: int,
    steps: int,
    seed: int,
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
    with SinglePointPool(threads or os.cpu_count() or 1) as pool:
        return evaluate_model(
            model,
            rows,
            pool if energies else None,
            n_samples=samples,
            steps=steps,
            seed=seed,
            device=best_device(),
            on_batch=on_batch,
        )

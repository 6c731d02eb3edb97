"""Reactions screened in the process itself, without Ray and without files."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tscreen.actors.workers.stage import Stage, Transform, at_work, shared_by
from tscreen.schemas import columns as c
from tscreen.screen.dataset.writing import candidates, paths, rejects, results, samples
from tscreen.screen.engine.local import cores
from tscreen.screen.engine.quarantine import run_on
from tscreen.screen.engine.settings import Refine, Settings
from tscreen.screen.engine.stages import Stages, level_of, shipped
from tscreen.screen.engine.time_limits import too_slow
from tscreen.screen.library.inputs import Reactions, as_table
from tscreen.screen.runs.choosing import KEY_COLUMNS, cut, mark_below, mark_up_to
from tscreen.screen.runs.light import Validate

NOWHERE = ""
"""In place of the files of a run."""

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


class Screened(NamedTuple, Generic[Frame]):
    """What came of reactions.

    Attributes:
        results: one row for each that could be screened, with the columns of a run's results.
        rejects: one row for each that could not, with what is wrong with it.
        candidates: one row for each saddle point that was found for any of them.
        paths: one row for each of these that joins both sides of its reaction.
        samples: one row for each TS that was sampled, with `keep_samples`.
    """

    results: Frame
    rejects: Frame
    candidates: Frame
    paths: Frame
    samples: Frame


def predict(reactions: Reactions, **settings: Any) -> Screened[pl.DataFrame]:
    """Screen some tens of reactions at once; for more there is `run`.

    The same stages as in a run, with the same results for the same settings. Searches take all
    cores:

        shift = tscreen.Reaction.from_atoms(reactant, product)
        found = tscreen.predict([shift], refine="none")
        print(found.results["barrier_ml_kcal_mol"])

    Args:
        reactions: `Reaction`s, reaction SMILES, or a table with the columns of an
            input file.
        settings: of the chemistry, as `tscreen run` has them: `samples`, `steps`, `seed`,
            `refine`, `effort`, `min_p_good`, `fallback_fraction`, `energies`, `level`,
            `solvent`, `search_timeout`, `temperature`, `max_atoms`, `weights`, `keep_samples`.

    Raises:
        UsageError: the settings contradict each other, or these are no reactions.
        TypeError: there is no such setting.
    """
    wanted = without_files(**settings)
    table = screened(as_table(reactions), wanted, shipped(wanted))
    bad = pc.is_valid(table[c.REJECT_CODE])
    good = table.filter(pc.invert(bad))
    kept = [make(good) for make in (candidates, paths, samples)]
    parts = results(good), rejects(table.filter(bad)), *kept
    return Screened(*map(pl.DataFrame, parts))


def without_files(**settings: Any) -> Settings:
    """Settings of the chemistry, with the level of the searches that they come to.

    Raises:
        UsageError: they contradict each other, or the weights cannot be used.
        TypeError: there is no such setting.
    """
    wanted = Settings(input=NOWHERE, out=NOWHERE, **settings)
    return replace(wanted, level=level_of(wanted))


def screened(table: pa.Table, settings: Settings, stages: Stages) -> pa.Table:
    """The rows of a table after all stages of a run."""
    first = [Validate(settings.max_atoms), stages.sample]
    if c.SMILES in table.column_names:
        first.insert(0, stages.build)
    refines = [] if settings.refine is Refine.NONE else [stages.refine]
    made, threads = at_work(first, shared_by(first)), _Threads([stages.energies, *refines])
    for stage, transform in made:
        table = run_on(transform, table, stage.name)
    if not settings.energies:
        return table
    good = table.filter(pc.is_null(table[c.REJECT_CODE]))
    if slow := too_slow(settings, pc.list_value_length(good[c.ATOMIC_NUMBERS]).to_pylist()):
        warnings.warn(slow, stacklevel=3)
    table = threads.run(stages.energies, table)
    return threads.run(stages.refine, _chosen(table, settings)) if refines else table


def _chosen(table: pa.Table, settings: Settings) -> pa.Table:
    if settings.fallback_fraction is None:
        return mark_below(table, settings.min_p_good)
    last, _ = cut([table.select(KEY_COLUMNS)], settings.fallback_fraction)
    return mark_up_to(table, last)


class _Threads:
    """As many threads as cores, with stages of their own that they run on single rows."""

    def __init__(self, stages: list[Stage]) -> None:
        self._stages = stages
        self._pool = ThreadPoolExecutor(cores())
        self._own = threading.local()

    def run(self, stage: Stage, table: pa.Table) -> pa.Table:
        """The rows after one of the stages."""
        rows = [table.slice(row, 1) for row in range(len(table))] or [table]
        done = list(self._pool.map(partial(self._run, stage.name), rows))
        return pa.concat_tables(done, promote_options="default")

    def _run(self, name: str, row: pa.Table) -> pa.Table:
        return run_on(self._made()[name], row, name)

    def _made(self) -> dict[str, Transform]:
        """The stages of this thread."""
        if not hasattr(self._own, "transforms"):
            made = at_work(self._stages, shared_by(self._stages))
            self._own.transforms = {stage.name: transform for stage, transform in made}
        return self._own.transforms

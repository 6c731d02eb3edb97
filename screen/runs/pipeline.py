"""The pipeline: what happens to the rows of a run, from top to bottom."""

import pickle
from functools import partial

import pyarrow as pa
from ray.data import ActorPoolStrategy, Dataset

from tscreen.schemas.validate import validate
from tscreen.screen.dataset.assembling import write_when_whole
from tscreen.screen.dataset.writing import count_written, set_aside, take_up, write
from tscreen.screen.engine.blocks import stream_of
from tscreen.screen.engine.counters import CountersHandle
from tscreen.screen.engine.pools import (
    BUILDER_SHARE,
    ENERGIES_SHARE,
    LIGHT_SHARE,
    REFINER_SHARE,
    PoolSizes,
)
from tscreen.screen.engine.settings import Refine, Settings
from tscreen.screen.engine.stages import Stages
from tscreen.screen.engine.worker import LightWorker, Part, Worker
from tscreen.screen.inputs.chunks import Chunk, read_chunk
from tscreen.screen.inputs.smiles_csv import SmilesChunk
from tscreen.screen.runs import choosing
from tscreen.screen.runs.work import Work
from tscreen.screen.storage.location import Location

CHUNK = "chunk"
COMPACT = "compact"
"""The last stage, which the driver does by itself once all rows are written."""


def screen(
    work: Work, settings: Settings, stages: Stages, sizes: PoolSizes, counters: CountersHandle
) -> None:
    """Send every row that is left through the stages and write it to `settings.out`.

    A chunk is one Ray block from reading to the energies: it is the batch that a stage sees,
    whatever the number of workers, so the numbers of workers do not change the results. To be
    refined it is cut into blocks of one row each, which meet again on the disk: a search takes as
    long as all that came before for a whole chunk.
    """
    out = Location.at(settings.out)
    pools = Pools(sizes, counters, len(work.chunks))
    if settings.refine is Refine.NONE:
        rows = _sampled(work.to_write, settings, stages, pools)
        if settings.energies:
            rows = pools.energies(rows, Part("energies", stages.energies))
        save = Part("write", lambda: partial(write, out=out), rows=count_written)
    else:
        chosen = _chosen(work, settings, stages, pools, counters)
        refine = Part("refine", stages.refine, rows=choosing.count_marked)
        rows = pools.refiners(chosen, _count(work.to_write), refine)
        save = Part("write", lambda: partial(write_when_whole, out=out), rows=count_written)
    _run_all(pools.light(rows, save))


def _chosen(
    work: Work, settings: Settings, stages: Stages, pools: "Pools", counters: CountersHandle
) -> Dataset:
    """The rows one by one with their energies, those to be refined marked."""
    out = Location.at(settings.out)
    energies = Part("energies", stages.energies)
    if settings.fallback_fraction is None:
        least = settings.min_p_good
        choose = Part("choose", lambda: partial(choosing.mark_below, min_p_good=least))
        rows = _sampled(work.to_write, settings, stages, pools)
        return pools.energies(rows, energies, choose, cut=True)
    # Who is among the least certain is known when all have been scored by their energies. Until
    # then they wait on the disk, where an interrupted run finds them again.
    aside = Part("set aside", lambda: partial(set_aside, out=out), rows=count_written)
    if work.to_score:
        rows = pools.energies(_sampled(work.to_score, settings, stages, pools), energies)
        _run_all(pools.light(rows, aside))
    keys = (take_up(chunk.name, out, choosing.KEY_COLUMNS) for chunk in work.chunks)
    last, count = choosing.cut(keys, settings.fallback_fraction)
    counters.expect.remote("refine", count)
    take = Part("take up", lambda: partial(_take_up, out=out))
    choose = Part("choose", lambda: partial(choosing.mark_up_to, last=last))
    return pools.light(_blocks(work.to_write), take, choose, cut=True)


def _sampled(chunks: list[Chunk], settings: Settings, stages: Stages, pools: "Pools") -> Dataset:
    rows = _prepared(chunks, settings, stages, pools)
    return pools.samplers(rows, Part("sample", stages.sample))


def _prepared(chunks: list[Chunk], settings: Settings, stages: Stages, pools: "Pools") -> Dataset:
    """The rows of some chunks, read, built and validated."""
    read = Part("read", lambda: _read)
    build = Part("build", stages.build)
    check = Part(
        "validate",
        lambda: partial(validate, elements=stages.elements, max_atoms=settings.max_atoms),
    )
    rows = _blocks(chunks)
    if needs_building(chunks):
        return pools.builders(pools.light(rows, read), build, check)
    return pools.light(rows, read, check)


def _run_all(rows: Dataset) -> None:
    for _ in rows.iter_internal_ref_bundles():
        pass


def stage_totals(settings: Settings, work: Work) -> dict[str, int | None]:
    """The stages of a run in order, and how many rows each will see as far as that is known."""
    staged = settings.fallback_fraction is not None
    chunks = work.to_score if staged else work.to_write
    fresh, left = _count(chunks), _count(work.to_write)
    totals: dict[str, int | None] = dict.fromkeys(["read", "build", "validate", "sample"], fresh)
    if not needs_building(chunks):
        del totals["build"]
    if settings.energies:
        totals["energies"] = fresh
    if staged:
        totals |= {"set aside": fresh, "take up": left}
    if settings.refine is not Refine.NONE:
        totals |= {"choose": left, "refine": left if settings.refine is Refine.ALL else None}
    return totals | {"write": left, COMPACT: _count(work.chunks)}


def _count(chunks: list[Chunk]) -> int:
    return sum(len(chunk.rows) for chunk in chunks)


def needs_building(chunks: list[Chunk]) -> bool:
    """Whether any reaction comes as SMILES alone."""
    return any(isinstance(chunk, SmilesChunk) for chunk in chunks)


class Pools:
    """Adds stages to a dataset with the workers and the reservations that `sizes` gives them."""

    def __init__(self, sizes: PoolSizes, counters: CountersHandle, n_chunks: int):
        """Set up; no pool is larger than the number of its blocks, `n_chunks` unless told."""
        self._sizes = sizes
        self._counters = counters
        self._n_chunks = n_chunks

    def light(self, rows: Dataset, *parts: Part, cut: bool = False) -> Dataset:
        """Light stages without state; with `cut` each row goes on alone."""
        return rows.map_batches(
            LightWorker,
            fn_constructor_kwargs={"parts": list(parts), "counters": self._counters, "cut": cut},
            compute=ActorPoolStrategy(size=min(self._sizes.light, self._n_chunks)),
            num_cpus=LIGHT_SHARE,
            batch_size=None,
            batch_format="pyarrow",
        )

    def builders(self, rows: Dataset, *parts: Part) -> Dataset:
        """Structures from SMILES, with one thread each."""
        return self._actors(rows, parts, self._sizes.cores, threads=1, num_cpus=BUILDER_SHARE)

    def samplers(self, rows: Dataset, *parts: Part) -> Dataset:
        """The generative model, on GPUs where there are any."""
        return self._actors(
            rows,
            parts,
            self._sizes.samplers,
            calls=self._sizes.sampler_calls,
            threads=self._sizes.sampler_threads,
            num_cpus=self._sizes.sampler_share,
            num_gpus=self._sizes.sampler_gpus,
        )

    def energies(self, rows: Dataset, *parts: Part, cut: bool = False) -> Dataset:
        """Single points, with one thread each; with `cut` each row goes on alone."""
        return self._actors(
            rows, parts, self._sizes.cores, cut=cut, threads=1, num_cpus=ENERGIES_SHARE
        )

    def refiners(self, rows: Dataset, n_rows: int, *parts: Part) -> Dataset:
        """Saddle searches, with one thread each, of rows that come alone."""
        return self._actors(
            rows, parts, self._sizes.cores, n_blocks=n_rows, threads=1, num_cpus=REFINER_SHARE
        )

    def _actors(
        self,
        rows: Dataset,
        parts: tuple[Part, ...],
        size: int,
        threads: int,
        n_blocks: int | None = None,
        calls: int = 1,
        cut: bool = False,
        **reserved: float,
    ) -> Dataset:
        return rows.map_batches(
            Worker,
            fn_constructor_kwargs={
                "parts": list(parts),
                "counters": self._counters,
                "calls": calls,
                "cut": cut,
            },
            compute=ActorPoolStrategy(
                size=min(size, n_blocks or self._n_chunks),
                max_concurrent_calls_per_actor=calls,
                enable_true_multi_threading=calls > 1,
            ),
            batch_size=None,
            batch_format="pyarrow",
            runtime_env={"env_vars": _thread_limits(threads)},
            **reserved,
        )


def _blocks(chunks: list[Chunk]) -> Dataset:
    """One block for each chunk, which says what to read.

    Large reactions come first, so that no worker is left with them.
    """
    return stream_of(pa.table({CHUNK: [pickle.dumps(chunk)]}) for chunk in chunks[::-1])


def _thread_limits(threads: int) -> dict[str, str]:
    """Environment that makes all workers together fill the cores, no more."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
    return dict.fromkeys(names, str(threads))


def _read(table: pa.Table) -> pa.Table:
    (chunk,) = table[CHUNK].to_pylist()
    return read_chunk(pickle.loads(chunk))


def _take_up(table: pa.Table, out: Location) -> pa.Table:
    (chunk,) = table[CHUNK].to_pylist()
    return take_up(pickle.loads(chunk).name, out)

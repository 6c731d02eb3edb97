"""The pipeline: what happens to the rows of a run, from top to bottom."""

import pickle
from functools import partial

import pyarrow as pa
import ray.data
from ray.data import ActorPoolStrategy, DataContext, Dataset

from tscreen.schemas.validate import validate
from tscreen.screen.dataset.writing import count_written, set_aside, take_up, write
from tscreen.screen.engine.crew import BUILDER_SHARE, LIGHT_SHARE, XTB_SHARE, Crew
from tscreen.screen.engine.meter import MeterHandle
from tscreen.screen.engine.settings import Settings, Verify
from tscreen.screen.engine.stages import Stages
from tscreen.screen.engine.worker import LightWorker, Part, Worker
from tscreen.screen.inputs.chunks import Chunk, read_chunk
from tscreen.screen.inputs.smiles_csv import SmilesChunk
from tscreen.screen.runs import choosing
from tscreen.screen.runs.work import Work
from tscreen.screen.storage.place import Place

CHUNK = "chunk"
GATHER = "gather"
"""The last stage, which the driver does by itself once all rows are written."""


def screen(work: Work, settings: Settings, stages: Stages, crew: Crew, meter: MeterHandle) -> None:
    """Send every row that is left through the stages and write it to `settings.out`.

    A chunk is one Ray block and stays one from reading to writing: it is the batch that a stage
    sees, whatever the number of workers, so the numbers of workers do not change the results.
    """
    out = Place.at(settings.out)
    sample = Part("sample", stages.sample)
    energies = Part("energies", stages.energies)
    search = Part("search", stages.search, rows=choosing.count_marked)
    verify = Part("verify", stages.verify, rows=choosing.count_generated)
    save = Part("write", lambda: partial(write, out=out), rows=count_written)

    pools = Pools(crew, meter, len(work.chunks))
    if settings.fallback_fraction is not None:
        # Who is among the least certain is known when all have been judged by their energies. Until
        # then they wait on the disk, where an interrupted run finds them again.
        aside = Part("set aside", lambda: partial(set_aside, out=out), rows=count_written)
        if work.to_judge:
            rows = _prepared(work.to_judge, settings, stages, pools)
            rows = pools.light(pools.xtb(pools.samplers(rows, sample), energies), aside)
            _run_all(rows)
        keys = (take_up(chunk.name, out, choosing.KEY_COLUMNS) for chunk in work.chunks)
        last, count = choosing.cut(keys, settings.fallback_fraction)
        meter.expect.remote("search", count)
        choose = Part("choose", lambda: partial(choosing.mark_up_to, last=last))
        take = Part("take up", lambda: partial(_take_up, out=out))
        rows = pools.light(_blocks(work.to_write), take)
        with_xtb = [choose, search]
    else:
        rows = pools.samplers(_prepared(work.to_write, settings, stages, pools), sample)
        with_xtb = [energies] if settings.energies else []
        if (limit := settings.min_p_good) is not None:
            choose = Part("choose", lambda: partial(choosing.mark_below, min_p_good=limit))
            with_xtb += [choose, search]
    if settings.verify is Verify.ALL:
        with_xtb.append(verify)
    if with_xtb:  # one pool for them all, as two would not fit beside the others
        rows = pools.xtb(rows, *with_xtb)
    _run_all(pools.light(rows, save))


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
    chunks = work.to_judge if staged else work.to_write
    fresh, left = _count(chunks), _count(work.to_write)
    totals: dict[str, int | None] = dict.fromkeys(["read", "build", "validate", "sample"], fresh)
    if not needs_building(chunks):
        del totals["build"]
    if settings.energies:
        totals["energies"] = fresh
    if staged:
        totals |= {"set aside": fresh, "take up": left}
    if settings.searches:
        totals |= {"choose": left, "search": None}
    if settings.verify is Verify.ALL:
        totals["verify"] = None
    return totals | {"write": left, GATHER: _count(work.chunks)}


def _count(chunks: list[Chunk]) -> int:
    return sum(len(chunk.rows) for chunk in chunks)


def needs_building(chunks: list[Chunk]) -> bool:
    """Whether any reaction comes as SMILES alone."""
    return any(isinstance(chunk, SmilesChunk) for chunk in chunks)


class Pools:
    """Adds stages to a dataset with the workers and the reservations that the crew gives them."""

    def __init__(self, crew: Crew, meter: MeterHandle, n_chunks: int):
        """Set up; no pool is larger than the number of chunks."""
        self._crew = crew
        self._meter = meter
        self._n_chunks = n_chunks

    def light(self, rows: Dataset, *parts: Part) -> Dataset:
        """Light stages without state."""
        return rows.map_batches(
            LightWorker,
            fn_constructor_kwargs={"parts": list(parts), "meter": self._meter},
            compute=ActorPoolStrategy(size=min(self._crew.light, self._n_chunks)),
            num_cpus=LIGHT_SHARE,
            batch_size=None,
            batch_format="pyarrow",
        )

    def builders(self, rows: Dataset, *parts: Part) -> Dataset:
        """Structures from SMILES, with one thread each."""
        return self._actors(rows, parts, self._crew.cores, threads=1, num_cpus=BUILDER_SHARE)

    def samplers(self, rows: Dataset, *parts: Part) -> Dataset:
        """The generative model, on GPUs where there are any."""
        return self._actors(
            rows,
            parts,
            self._crew.samplers,
            calls=self._crew.sampler_calls,
            threads=self._crew.sampler_threads,
            num_cpus=self._crew.sampler_share,
            num_gpus=self._crew.sampler_gpus,
        )

    def xtb(self, rows: Dataset, *parts: Part) -> Dataset:
        """GFN2-xTB, with one thread each."""
        return self._actors(rows, parts, self._crew.cores, threads=1, num_cpus=XTB_SHARE)

    def _actors(
        self,
        rows: Dataset,
        parts: tuple[Part, ...],
        size: int,
        threads: int,
        calls: int = 1,
        **reserved: float,
    ) -> Dataset:
        return rows.map_batches(
            Worker,
            fn_constructor_kwargs={"parts": list(parts), "meter": self._meter, "calls": calls},
            compute=ActorPoolStrategy(
                size=min(size, self._n_chunks),
                max_concurrent_calls_per_actor=calls,
                enable_true_multi_threading=calls > 1,
            ),
            batch_size=None,
            batch_format="pyarrow",
            runtime_env={"env_vars": _thread_limits(threads)},
            **reserved,
        )


def _blocks(chunks: list[Chunk]) -> Dataset:
    """One block for each chunk, which stays whole and alone until it is written.

    Large reactions come first, so that no worker is left with them.
    """
    context = DataContext.get_current()
    context.target_max_block_size = None
    context.execution_no_progress_timeout_s = -1  # a chunk of long searches is no standstill
    rows = [{CHUNK: pickle.dumps(chunk)} for chunk in chunks[::-1]]
    return ray.data.from_items(rows, override_num_blocks=len(rows))


def _thread_limits(threads: int) -> dict[str, str]:
    """Environment that makes all workers together fill the cores, no more."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
    return dict.fromkeys(names, str(threads))


def _read(table: pa.Table) -> pa.Table:
    (chunk,) = table[CHUNK].to_pylist()
    return read_chunk(pickle.loads(chunk))


def _take_up(table: pa.Table, out: Place) -> pa.Table:
    (chunk,) = table[CHUNK].to_pylist()
    return take_up(pickle.loads(chunk).name, out)

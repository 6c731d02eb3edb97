"""The pipeline: what happens to the rows of a run, from top to bottom."""

import pickle
from functools import partial
from typing import Any

import pyarrow as pa
import ray.data
from ray.data import ActorPoolStrategy, DataContext, Dataset, TaskPoolStrategy

from schemas.validate import validate
from screen import choosing
from screen.chunks import Chunk, read_chunk
from screen.crew import BUILDER_SHARE, TASK_SHARE, XTB_SHARE, Crew
from screen.meter import MeterHandle, Part, Worker
from screen.settings import Settings, Verify
from screen.smiles_csv import SmilesChunk
from screen.stages import Stages
from screen.writing import count_written, write

CHUNK = "chunk"


def screen(
    chunks: list[Chunk], settings: Settings, stages: Stages, crew: Crew, meter: MeterHandle
) -> None:
    """Send every row of the chunks through the stages and write it to `settings.out`.

    A chunk is one Ray block and stays one from reading to writing: it is the batch that a stage
    sees, whatever the number of workers, so the numbers of workers do not change the results.
    """
    read = Part("read", lambda: _read)
    build = Part("build", stages.build)
    check = Part(
        "validate",
        lambda: partial(validate, elements=stages.elements, max_atoms=settings.max_atoms),
    )
    sample = Part("sample", stages.sample)
    energies = Part("energies", stages.energies)
    search = Part("search", stages.search, rows=choosing.count_marked)
    verify = Part("verify", stages.verify, rows=choosing.count_generated)
    save = Part("write", lambda: partial(write, out=settings.out), rows=count_written)

    pools = Pools(crew, meter, len(chunks))
    rows = _blocks(chunks[::-1])  # large reactions first, so that no worker is left with them
    if needs_building(chunks):
        rows = pools.tasks(rows, read)
        rows = pools.builders(rows, build, check)
    else:
        rows = pools.tasks(rows, read, check)
    rows = pools.samplers(rows, sample)
    if (limit := settings.min_p_good) is not None:
        choose = Part("choose", lambda: partial(choosing.mark_below, min_p_good=limit))
        rows = pools.xtb(rows, energies, choose, search)
    elif settings.fallback_fraction is not None:
        # Who is among the least certain is known when all have been judged by their energies.
        rows = pools.xtb(rows, energies).materialize()
        last, count = choosing.cut(pools.keys(rows), settings.fallback_fraction)
        meter.expect.remote("search", count)
        choose = Part("choose", lambda: partial(choosing.mark_up_to, last=last))
        rows = pools.xtb(rows, choose, search)
    elif settings.energies:
        rows = pools.xtb(rows, energies)
    if settings.verify is Verify.ALL:
        rows = pools.xtb(rows, verify)
    rows = pools.tasks(rows, save)
    for _ in rows.iter_internal_ref_bundles():
        pass


def stage_totals(settings: Settings, chunks: list[Chunk]) -> dict[str, int | None]:
    """The stages of a run in order, and how many rows each will see as far as that is known."""
    n_rows = sum(len(chunk.rows) for chunk in chunks)
    totals: dict[str, int | None] = dict.fromkeys(["read", "build", "validate", "sample"], n_rows)
    if not needs_building(chunks):
        del totals["build"]
    if settings.energies:
        totals["energies"] = n_rows
    if settings.searches:
        totals |= {"choose": n_rows, "search": None}
    if settings.verify is Verify.ALL:
        totals["verify"] = None
    return totals | {"write": n_rows}


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

    def tasks(self, rows: Dataset, *parts: Part) -> Dataset:
        """Light stages without state."""
        return rows.map_batches(
            _run,
            fn_kwargs={"parts": list(parts), "meter": self._meter},
            compute=TaskPoolStrategy(size=self._crew.tasks),
            num_cpus=TASK_SHARE,
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
            threads=self._crew.sampler_threads,
            num_cpus=self._crew.sampler_share,
            num_gpus=self._crew.sampler_gpus,
        )

    def xtb(self, rows: Dataset, *parts: Part) -> Dataset:
        """GFN2-xTB, with one thread each."""
        return self._actors(rows, parts, self._crew.cores, threads=1, num_cpus=XTB_SHARE)

    def keys(self, rows: Dataset) -> Any:
        """What the choice of uncertain rows needs to know of each, chunk by chunk."""
        ranked = rows.map_batches(
            _select_keys,
            compute=TaskPoolStrategy(size=self._crew.tasks),
            num_cpus=TASK_SHARE,
            batch_size=None,
            batch_format="pyarrow",
        )
        return ranked.iter_batches(batch_size=None, batch_format="pyarrow")

    def _actors(
        self, rows: Dataset, parts: tuple[Part, ...], size: int, threads: int, **reserved: float
    ) -> Dataset:
        return rows.map_batches(
            Worker,
            fn_constructor_kwargs={"parts": list(parts), "meter": self._meter},
            compute=ActorPoolStrategy(size=min(size, self._n_chunks)),
            batch_size=None,
            batch_format="pyarrow",
            runtime_env={"env_vars": _thread_limits(threads)},
            **reserved,
        )


def _blocks(chunks: list[Chunk]) -> Dataset:
    """One block for each chunk, which stays whole and alone until it is written."""
    context = DataContext.get_current()
    context.target_max_block_size = None
    context.execution_no_progress_timeout_s = -1  # a chunk of long searches is no standstill
    rows = [{CHUNK: pickle.dumps(chunk)} for chunk in chunks]
    return ray.data.from_items(rows, override_num_blocks=len(rows))


def _thread_limits(threads: int) -> dict[str, str]:
    """Environment that makes all workers together fill the cores, no more."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
    return dict.fromkeys(names, str(threads))


def _run(table: pa.Table, parts: list[Part], meter: MeterHandle) -> pa.Table:
    return Worker(parts, meter)(table)


def _read(table: pa.Table) -> pa.Table:
    (chunk,) = table[CHUNK].to_pylist()
    return read_chunk(pickle.loads(chunk))


def _select_keys(table: pa.Table) -> pa.Table:
    return table.select(choosing.KEY_COLUMNS)

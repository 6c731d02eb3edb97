"""How fast Polars, DuckDB and `tscreen query` answer over many results, by the layout of the files.

    python bench/screen/queries.py gdb7_22_ts.parquet [--rows 1000000] [--layouts merged-16k ...]

The results are the reactions of the reference table over and over with new ids, structures moved by
0.01 Angstrom (so that no compression finds the copies) and drawn values, in all columns that the
engine writes. Each layout is written to a temporary folder, asked, and removed again. Prints the
bytes and files of each layout, and for each question and tool the seconds from opening the files to
the last row: the best of three, the first alone where it took more than ten seconds. The files
lie in the cache of the operating system.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tscreen.schemas import columns as c
from tscreen.schemas.reaction import positions_array, positions_of
from tscreen.schemas.tables import RESULT_FIELDS
from tscreen.screen.analysis.query import asked
from tscreen.screen.dataset.output import PLAN
from tscreen.screen.dataset.writing import CHUNKS, REJECTS, RESULTS
from tscreen.screen.runs.screening import BLOCK_ROWS

FILE_ROWS = 125_000
LAYOUTS = {
    "chunks": {"file_rows": BLOCK_ROWS},
    "merged": {"file_rows": FILE_ROWS},
    "merged-64k": {"file_rows": FILE_ROWS, "row_group_size": 65_536},
    "merged-16k": {"file_rows": FILE_ROWS, "row_group_size": 16_384},
    "merged-16k-by-barrier": {
        "file_rows": FILE_ROWS,
        "row_group_size": 16_384,
        "sort_by": c.BARRIER,
    },
    "merged-4k": {"file_rows": FILE_ROWS, "row_group_size": 4_096},
}
"""A file for each chunk is what a run writes while it goes on; "merged-16k" what it leaves."""

QUESTIONS = {
    "statistics": f"SELECT {c.STATUS}, count(*), median({c.BARRIER}) FROM results "
    f"WHERE {c.P_GOOD} > 0.3 GROUP BY ALL ORDER BY ALL",
    "twenty best": f"SELECT {c.REACTION_ID}, {c.BARRIER} FROM results WHERE {c.P_GOOD} > 0.7 "
    f"ORDER BY {c.BARRIER}, {c.REACTION_ID} LIMIT 20",
    "one by its id": f"SELECT * FROM results WHERE {c.REACTION_ID} = 'r0012345'",
    "structures of low barriers": f"SELECT {c.REACTION_ID}, {c.TS_POSITIONS} FROM results "
    f"WHERE {c.BARRIER} < 20",
}
IN_POLARS: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "statistics": lambda rows: (
        rows.filter(pl.col(c.P_GOOD) > 0.3)
        .group_by(c.STATUS)
        .agg(pl.len(), pl.col(c.BARRIER).median())
        .sort(c.STATUS)
    ),
    "twenty best": lambda rows: (
        rows.filter(pl.col(c.P_GOOD) > 0.7)
        .select(c.REACTION_ID, c.BARRIER)
        .sort(c.BARRIER, c.REACTION_ID)
        .head(20)
    ),
    "one by its id": lambda rows: rows.filter(pl.col(c.REACTION_ID) == "r0012345"),
    "structures of low barriers": lambda rows: rows.filter(pl.col(c.BARRIER) < 20).select(
        c.REACTION_ID, c.TS_POSITIONS
    ),
}


def results(reference: pa.Table, first: int, n: int) -> pa.Table:
    """So many plausible results, numbered from `first` on; about 14 % were searched."""
    rng = np.random.default_rng(first)
    rows = reference.take(pa.array(rng.integers(0, len(reference), n)))
    odds = rng.beta(2, 1, n)
    searched, found = odds < np.quantile(odds, 0.14), rng.random(n) < 0.55
    barrier = rows[c.BARRIER].to_numpy() + rng.normal(0, 3, n)
    back = barrier - rng.normal(0, 15, n)
    cells: dict[str, object] = {
        **{name: rows[name] for name in (*c.STRUCTURE, c.CHARGE, c.MULTIPLICITY)},
        **{
            name: positions_array([_moved(xyz, rng) for xyz in positions_of(rows[name])])
            for name in (c.REACTANT_POSITIONS, c.PRODUCT_POSITIONS, c.TS_POSITIONS)
        },
        c.REACTION_ID: [f"r{number:07}" for number in range(first, first + n)],
        c.STATUS: np.where(searched, np.where(found, "refined", "failed"), "generated"),
        c.ERROR_CODE: pa.array(
            np.where(searched & ~found, "saddle_not_found", ""), mask=~(searched & ~found)
        ),
        c.P_GOOD: odds,
        c.EXPECTED_RMSD: 0.6 * (1 - odds) + 0.05,
        c.SAMPLE_SPREAD: rng.gamma(2, 0.05, n),
        c.N_SAMPLES: np.full(n, 40),
        c.BARRIER: barrier,
        c.REVERSE_BARRIER: back,
        c.REACTION_ENERGY: barrier - back,
        c.ENERGY_LEVEL: ["GFN2-xTB//generated"] * n,
        c.BARRIER_ML: barrier + rng.normal(0, 3, n),
        c.BARRIER_ML_LOW: barrier - 6,
        c.BARRIER_ML_HIGH: barrier + 6,
        c.XTB_WALL_S: rng.gamma(2, 1, n),
        c.N_IMAGINARY: pa.array(np.ones(n, int), mask=~searched),
        c.SEED: np.zeros(n, int),
        c.MODEL_VERSION: ["none"] * n,
        c.WALL_S: rng.gamma(2, 2, n),
    }
    columns = [
        pa.nulls(n, field.type) if field.name not in cells else _column(cells[field.name], field)
        for field in RESULT_FIELDS
    ]
    return pa.table(columns, schema=RESULT_FIELDS)


def _moved(xyz: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return xyz + rng.normal(0, 0.01, xyz.shape)


def _column(cells: object, field: pa.Field) -> pa.ChunkedArray | pa.Array:
    column = cells if isinstance(cells, pa.ChunkedArray | pa.Array) else pa.array(cells)
    return column.cast(field.type)


def write(
    table: pa.Table,
    folder: Path,
    name: str,
    file_rows: int,
    row_group_size: int | None = None,
    sort_by: str | None = None,
) -> None:
    """Write a part of the results in one of the layouts."""
    if sort_by:
        table = table.take(pc.sort_indices(table[sort_by]))
    for start in range(0, len(table), file_rows):
        rows = table.slice(start, file_rows)
        path = folder / f"part-{name}-{start}.parquet"
        pq.write_table(rows, path, compression="zstd", row_group_size=row_group_size)


def ask_polars(out: Path, question: str) -> list[tuple]:
    """The answer of Polars, of the files themselves."""
    rows = pl.scan_parquet(out / CHUNKS / RESULTS / "*.parquet")
    return IN_POLARS[question](rows).collect().rows()


def ask_duckdb(out: Path, question: str) -> list[tuple]:
    """The answer of DuckDB, of the files themselves."""
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE VIEW results AS FROM read_parquet('{out / CHUNKS / RESULTS}/*.parquet')"
        )
        return connection.execute(QUESTIONS[question]).fetchall()


def ask_tscreen(out: Path, question: str) -> list[tuple]:
    """The answer of `tscreen query`."""
    with asked(out, QUESTIONS[question]) as answer:
        return list(answer.rows)


TOOLS = {"Polars": ask_polars, "DuckDB": ask_duckdb, "tscreen query": ask_tscreen}


def seconds(ask: Callable[[Path, str], list[tuple]], out: Path, question: str) -> tuple[float, int]:
    """The best time of an answer, and its number of rows."""
    times = []
    while len(times) < 3 and (not times or times[-1] < 10):
        start = time.perf_counter()
        rows = ask(out, question)
        times.append(time.perf_counter() - start)
    return min(times), len(rows)


def main() -> None:
    """Write, ask and print, layout by layout."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--layouts", nargs="+", choices=LAYOUTS, default=list(LAYOUTS))
    options = parser.parse_args()
    reference = pq.read_table(options.data).combine_chunks()
    with tempfile.TemporaryDirectory() as folder:
        outs = {name: Path(folder, name) for name in options.layouts}
        for out in outs.values():
            (out / CHUNKS / RESULTS).mkdir(parents=True)
            (out / CHUNKS / REJECTS).mkdir()
            (out / PLAN).write_text("{}")  # of a run whose files are those of its chunks
        for first in range(0, options.rows, FILE_ROWS):
            table = results(reference, first, min(FILE_ROWS, options.rows - first))
            for name, out in outs.items():
                write(table, out / CHUNKS / RESULTS, f"{first:07}", **LAYOUTS[name])
        for name, out in outs.items():
            files = list((out / CHUNKS / RESULTS).iterdir())
            size = sum(file.stat().st_size for file in files)
            print(f"{name}: {options.rows} rows, {len(files)} files, {size / 2**20:.0f} MiB")
            for question in QUESTIONS:
                for tool, ask in TOOLS.items():
                    best, n = seconds(ask, out, question)
                    print(f"  {question:<28}{tool:<15}{best:8.2f} s {n:7} rows", flush=True)
            shutil.rmtree(out)


if __name__ == "__main__":
    main()

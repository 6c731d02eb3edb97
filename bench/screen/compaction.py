"""How long it takes to make the dataset of a run from the files of its chunks, and how much memory.

    python bench/screen/compaction.py gdb7_22_ts.parquet [--rows 100000] [--folders 1 12 500]

Writes a run of the results of `bench/screen/queries.py` with a tag that has so many values, one
after the other or, with one value, none, and compacts it in a process of its own. Prints rows a
second, the files that came of it, and the largest memory of that process, of which a part is Python
and its libraries: that of a process which compacts a single chunk is printed first.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from queries import results

from tscreen.screen.dataset.compaction import compact
from tscreen.screen.dataset.writing import CHUNKS, RESULTS
from tscreen.screen.runs.screening import BLOCK_ROWS
from tscreen.screen.storage.location import Location

TAG = "family"
BATCH_ROWS = 16_000


def write_chunks(reference: pa.Table, out: Path, n_rows: int, n_folders: int) -> list[str]:
    """Write the chunks of a run, and name them."""
    folder = out / CHUNKS / RESULTS
    folder.mkdir(parents=True)
    names = []
    for first in range(0, n_rows, BATCH_ROWS):
        rows = results(reference, first, min(BATCH_ROWS, n_rows - first))
        families = [f"family {number % n_folders}" for number in range(len(rows))]
        rows = rows.append_column(TAG, pa.array(families))
        for start in range(0, len(rows), BLOCK_ROWS):
            name = f"{first + start:08}"
            chunk = rows.slice(start, BLOCK_ROWS)
            pq.write_table(chunk, folder / f"part-{name}.parquet", compression="zstd")
            names.append(name)
    return names


def compacted(out: Path, names: list[str], by: list[str]) -> tuple[float, float]:
    """Seconds, and the largest memory of this process in MiB."""
    start = time.perf_counter()
    compact(Location.at(out), names, by, lambda rows: None)
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Write, compact and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--folders", type=int, nargs="+", default=[1, 12, 500])
    options = parser.parse_args()
    reference = pq.read_table(options.data).combine_chunks()
    spawn = multiprocessing.get_context("spawn")
    for n_rows, n_folders in [(BLOCK_ROWS, 1), *((options.rows, n) for n in options.folders)]:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            names = write_chunks(reference, out, n_rows, n_folders)
            by = [TAG] if n_folders > 1 else []
            with spawn.Pool(1) as pool:
                seconds, mebibytes = pool.apply(compacted, (out, names, by))
            files = list((out / RESULTS).rglob("*.parquet"))
            size = sum(file.stat().st_size for file in files) / 2**20
            print(
                f"{n_rows} rows of {len(names)} chunks, {n_folders} folders: {seconds:.1f} s, "
                f"{n_rows / seconds:.0f} rows/s, {len(files)} files of {size:.0f} MiB, "
                f"memory {mebibytes:.0f} MiB",
                flush=True,
            )


if __name__ == "__main__":
    main()

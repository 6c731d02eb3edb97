"""A million small reactions in one run that is killed three times: does anything grow?

    python bench/screen/engine/million.py [--rows 1000000] [--engine local] [--folder DIR]

Makes reactions of four or six hydrogen atoms and screens them with a stand-in for the sampler
(the mean of both sides) and neither energies nor searches, so that all time and memory is the
engine's own. The process of the run is killed (SIGKILL) when 10, 50 and 90 % of the rows are
written, and the same call goes on. Prints for each part the rows per second of its first and of its
last 10,000 rows and what memory the driver held (its own, looked at twice a second), and then how
long `check`, `status`, `query`, `top` and `report` take on the result, and what memory they held.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measuring import measured

from tscreen.schemas import columns as c
from tscreen.schemas.reaction import positions_array
from tscreen.schemas.tables import POSITIONS, REACTION_FIELDS

PART_ROWS = 10_000
LOOK_EVERY_S = 0.5
KILLED_AT = (0.1, 0.5, 0.9)
MEBIBYTE = 2**20
RUN = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from standin_run import run_standin
run_standin(*sys.argv[1:])
"""


@dataclass(frozen=True)
class Look:
    """What was seen at one moment: seconds, rows that are written, bytes of the driver."""

    at: float
    rows: int
    held: int


def write_reactions(n_rows: int, file: Path) -> None:
    """Write so many reactions, no two of one name."""
    parts = (range(start, min(n_rows, start + PART_ROWS)) for start in range(0, n_rows, PART_ROWS))
    with pq.ParquetWriter(file, _reactions(range(0)).schema, compression="zstd") as writer:
        for part in parts:
            writer.write_table(_reactions(part))


def _reactions(numbers: range) -> pa.Table:
    sizes = [4 + 2 * (number % 2) for number in numbers]
    chains = [np.arange(3.0 * size).reshape(size, 3) / 3 for size in sizes]
    cells = {
        c.REACTION_ID: [f"r{number:07}" for number in numbers],
        c.ATOMIC_NUMBERS: [[1] * size for size in sizes],
        c.REACTANT_POSITIONS: positions_array(chains),
        c.PRODUCT_POSITIONS: positions_array([1.5 * chain for chain in chains]),
        c.REACTANT_FRAGMENTS: [[0] * size for size in sizes],
        c.PRODUCT_FRAGMENTS: [[0] * size for size in sizes],
        c.CHARGE: [0] * len(sizes),
        c.MULTIPLICITY: [1] * len(sizes),
    }
    fields = [REACTION_FIELDS.field(name) for name in cells]
    columns = [
        cells[field.name] if field.type == POSITIONS else pa.array(cells[field.name], field.type)
        for field in fields
    ]
    return pa.table(columns, schema=pa.schema(fields))


def resident(pid: int) -> int:
    """Bytes of physical memory that a process holds and shares with no other."""
    try:
        _, total, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (int(total) - int(shared)) * 4096


def part_of_run(reactions: Path, out: Path, engine: str, until: int | None) -> list[Look]:
    """Run, or go on, until so many rows are written, then kill; None: to the end."""
    seen: list[Look] = []
    counted = out.parent / "rows"
    counted.write_text("0")
    child = subprocess.Popen(
        [sys.executable, "-c", RUN, str(reactions), str(out), engine, str(counted)],
        start_new_session=True,
    )
    start = time.monotonic()
    try:
        while child.poll() is None:
            rows = int(counted.read_text())
            seen.append(Look(time.monotonic() - start, rows, resident(child.pid)))
            if until is not None and rows >= until:
                break
            time.sleep(LOOK_EVERY_S)
    finally:
        with contextlib.suppress(ProcessLookupError):  # it has come to its end
            os.killpg(child.pid, signal.SIGKILL)
    if until is None and child.wait():
        sys.exit("the run broke off")
    return seen


def rate(seen: list[Look]) -> float:
    """Rows per second between the first and the last look."""
    took = seen[-1].at - seen[0].at
    return (seen[-1].rows - seen[0].rows) / took if took else float("nan")


def told(name: str, seen: list[Look]) -> None:
    """Print what was seen of a part of the run."""
    done = seen[-1].rows
    first = [look for look in seen if 0 < look.rows <= PART_ROWS] or seen[-1:]
    written = next(number for number, look in enumerate(seen, 1) if look.rows == done)
    last = [look for look in seen[:written] if look.rows >= done - PART_ROWS]
    quarters = [seen[len(seen) * i // 4 : len(seen) * (i + 1) // 4] or seen for i in range(4)]
    held = " ".join(f"{max(look.held for look in q) / MEBIBYTE:.0f}" for q in quarters)
    print(
        f"{name}: {done:>8} rows in {seen[-1].at:6.0f} s, first row after {first[0].at:4.0f} s; "
        f"first {PART_ROWS}: {rate(first):5.0f} rows/s, last: {rate(last):5.0f} rows/s; "
        f"driver {held} MiB at most in each quarter",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=["local", "ray"], default="local")
    parser.add_argument("--folder", type=Path, help="Keeps the result; must be empty.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        reactions, out = folder / "in.parquet", folder / "out"
        write_reactions(options.rows, reactions)
        for share in KILLED_AT:
            until = int(share * options.rows)
            before = sum(1 for _ in (out / "done").glob("*")) if out.exists() else 0
            seen = part_of_run(reactions, out, options.engine, until - 32 * before)
            told(f"killed at {share:.0%}", seen)
        told("to the end", part_of_run(reactions, out, options.engine, None))
        measured("check", str(out))
        measured("status", str(out))
        measured(
            "query",
            str(out),
            "SELECT status, count(*), avg(p_good) FROM results GROUP BY 1",
        )
        measured("top", str(out), "--by", "p_good")
        measured("report", str(out), "--html", str(folder / "report.html"))


if __name__ == "__main__":
    main()

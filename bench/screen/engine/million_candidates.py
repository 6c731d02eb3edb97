"""A sweep of a million candidates: time and memory that `tscreen rank` takes for its results.

    python bench/screen/engine/million_candidates.py [--candidates 1000000]

Writes the folder of a finished run, with drawn barriers, and ranks it by the command: as a table,
against a reference in each slot, and as JSON. Memory is the most that the command held.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measuring import measured

from tscreen.schemas import columns as c
from tscreen.schemas.status import Status
from tscreen.schemas.tables import REJECT_FIELDS, RESULT_FIELDS
from tscreen.screen.dataset.output import PLAN, Tables, write_report
from tscreen.screen.dataset.run_report import Barriers, Counts, RunReport, Times, Workers
from tscreen.screen.storage.location import Location

CATALYSTS = 1000
ROWS_PER_FILE = 50_000
TAGS = (c.TEMPLATE, c.CANDIDATE, c.ISOMER, "R", "catalyst")
SCHEMA = pa.schema([*RESULT_FIELDS, *(pa.field(tag, pa.string()) for tag in TAGS)])
LEVEL = "a level"


def write_run(out: Path, n: int) -> None:
    """The folder of a run that ended with ``n`` results of one template."""
    (out / "results").mkdir(parents=True)
    (out / "rejects").mkdir()
    (out / PLAN).write_text("{}")
    for start in range(0, n, ROWS_PER_FILE):
        numbers = np.arange(start, min(n, start + ROWS_PER_FILE))
        pq.write_table(_results(numbers), out / "results" / f"part-{start:07}.parquet")
    pq.write_table(REJECT_FIELDS.empty_table(), out / "rejects" / "part-0.parquet")
    report = RunReport(
        version="0",
        started_at="2025-01-01T00:00:00+00:00",
        seed=0,
        settings={},
        weights={},
        workers=Workers(cores=2, samplers=1, gpus=0.0),
        counts=Counts(n, n, 0, {Status.GENERATED: n}, {}, {}),
        rows_done_before=0,
        barriers_kcal_mol=Barriers(n, LEVEL, None, None, None, None),
        partitions={},
        times_s=Times(0.0, 0.0, 0.0, 0.0),
        stages={},
        reactions_per_s=0.0,
    )
    write_report(report, Location.at(out), Tables.within(Location.at(out)))


def _results(numbers: np.ndarray) -> pa.Table:
    random = np.random.default_rng(int(numbers[0]))
    barriers = random.normal(30.0, 8.0, len(numbers))
    rests = [f"R{number // CATALYSTS}" for number in numbers]
    catalysts = [f"C{number % CATALYSTS}" for number in numbers]
    candidates = [f"{rest}/{catalyst}" for rest, catalyst in zip(rests, catalysts, strict=True)]
    known = {
        c.REACTION_ID: [f"shift/{candidate}" for candidate in candidates],
        c.STATUS: [Status.GENERATED] * len(numbers),
        c.P_GOOD: random.uniform(0.3, 1.0, len(numbers)),
        c.BARRIER_ML: barriers,
        c.BARRIER_ML_LOW: barriers - 3.0,
        c.BARRIER_ML_HIGH: barriers + 3.0,
        c.BARRIER_ML_LEVEL: [LEVEL] * len(numbers),
        c.TEMPLATE: ["shift"] * len(numbers),
        c.CANDIDATE: candidates,
        "R": rests,
        "catalyst": catalysts,
    }
    columns = [
        pa.array(known[field.name], field.type)
        if field.name in known
        else pa.nulls(len(numbers), field.type)
        for field in SCHEMA
    ]
    return pa.table(columns, schema=SCHEMA)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--candidates", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / "out"
        write_run(out, options.candidates)
        measured("rank", str(out))
        measured("rank", str(out), "--against", "catalyst=C0")
        measured("rank", str(out), "--json")


if __name__ == "__main__":
    main()

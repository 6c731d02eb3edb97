"""Folders of runs, written without a run."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from conftest import HCN, HNC, reaction_row

from tscreen.schemas.tables import REJECT_FIELDS, RESULT_FIELDS
from tscreen.screen.dataset.output import Tables, write_report
from tscreen.screen.dataset.run_report import Barriers, Counts, RunReport, Times, Workers
from tscreen.screen.storage.location import Location


def result(name: str, **cells: object) -> dict[str, object]:
    """A generated result of HCN to HNC, with some of its cells changed and any tags."""
    generated = {
        "status": "generated",
        "ts_positions": np.add(HCN, HNC).tolist(),
        "p_good": 0.5,
        "barrier_kcal_mol": 40.0,
        "wall_s": 1.0,
    }
    return reaction_row(name) | generated | cells


def results_table(*rows: dict) -> pa.Table:
    """Results as the engine writes them: its columns, then the tags."""
    tags = [name for name in rows[0] if name not in RESULT_FIELDS.names]
    cells = {name: [row.get(name) for row in rows] for name in [*RESULT_FIELDS.names, *tags]}
    columns = [pa.array(cells[field.name], field.type) for field in RESULT_FIELDS]
    table = pa.table(columns, schema=RESULT_FIELDS)
    for name in tags:
        table = table.append_column(name, pa.array(cells[name]))
    return table


def rejects_table(*codes: str) -> pa.Table:
    """Rejects as the engine writes them."""
    rows = [
        {"source": "in.parquet", "source_row": row, "reaction_id": f"bad{row}", "code": code}
        for row, code in enumerate(codes)
    ]
    return pa.Table.from_pylist(rows, REJECT_FIELDS)


def new_run(out: Path, rows: int = 0, **settings: object) -> Path:
    """The folder of a run that has just begun."""
    for folder in ("chunks/results", "chunks/rejects", "staged", "done"):
        (out / folder).mkdir(parents=True)
    planned = {"version": "0", "rows": rows, "settings": settings}
    (out / "plan.json").write_text(json.dumps(planned))
    return out


def finished_run(out: Path, rows: int = 0, **partitions: str) -> Path:
    """The folder of a run that is finished, without any row yet."""
    out.mkdir()
    (out / "plan.json").write_text(json.dumps({"version": "0", "rows": rows, "settings": {}}))
    finish(out, rows, partitions=partitions)
    return out


def finish(out: Path, rows: int = 0, **changes: Any) -> None:
    """Write the report of a run."""
    report = run_report(counts=Counts(rows, rows, 0, {}, {}, {}), **changes)
    write_report(report, Location.at(out), Tables.within(Location.at(out)))


def run_report(**changes: Any) -> RunReport:
    """A report, with some of its parts changed."""
    plain = RunReport(
        version="0",
        started_at="2025-01-01T00:00:00+00:00",
        seed=0,
        settings={},
        weights={},
        workers=Workers(cores=2, samplers=1, gpus=0.0),
        counts=Counts(0, 0, 0, {}, {}, {}),
        rows_done_before=0,
        barriers_kcal_mol=Barriers(0, None, None, None, None, None),
        partitions={},
        times_s=Times(startup=2.0, screening=4.0, compaction=6.0, total=12.5),
        stages={},
        reactions_per_s=1.0,
    )
    return replace(plain, **changes)


def put(table: pa.Table, out: Path, folder: str, part: str, **options: object) -> Path:
    """Write a chunk's file, or, if the run is finished, one in a folder such as `template=x/1`."""
    where = out if (out / "run.json").exists() else out / "chunks"
    path = where / folder / Path(part).parent / f"part-{Path(part).name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd", **options)
    return path

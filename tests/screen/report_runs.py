"""Runs for the tests of the report, written by hand."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from conftest import reaction_row

from schemas import columns as c
from schemas.tables import REJECT_FIELDS, RESULT_FIELDS

TS = [[1.19, 0.0, 0.55], [0.0, 0.0, 0.0], [0.0, 0.0, 1.18]]
MODE = [[-0.2, 0.0, 1.0], [0.0, 0.0, -0.1], [0.0, 0.0, 0.0]]


def result(name: str, **cells) -> dict:
    """A result for HCN to HNC, with some of its cells changed."""
    return {
        **reaction_row(name),
        c.STATUS: "generated",
        c.TS_POSITIONS: TS,
        c.EXPECTED_RMSD: 0.1,
        c.P_GOOD: 0.9,
        c.BARRIER: 45.0,
        c.REACTION_ENERGY: 14.0,
        c.ENERGY_LEVEL: "GFN2-xTB//generated",
        **cells,
    }


def write_run(
    out: Path, rows: list[dict], rejects: list[dict] | None = None, *, ended: bool = False
) -> Path:
    """Write a run; cells that are no columns of the results are tags."""
    tags = list(
        dict.fromkeys(name for row in rows for name in row if name not in RESULT_FIELDS.names)
    )
    columns = {
        field.name: pa.array([row.get(field.name) for row in rows], field.type)
        for field in RESULT_FIELDS
    }
    columns |= {name: pa.array([row.get(name) for row in rows]) for name in tags}
    for folder, table in (
        ("results", pa.table(columns)),
        ("rejects", pa.Table.from_pylist(rejects or [], REJECT_FIELDS)),
    ):
        (out / folder).mkdir(parents=True)
        pq.write_table(table, out / folder / "part-1.parquet")
    n_rows = len(rows) + len(rejects or [])
    plan = {"version": "0.1.0", "rows": n_rows + 5 * (not ended), "settings": {"samples": 8}}
    (out / "plan.json").write_text(json.dumps(plan))
    if ended:
        report = {**plan, "counts": {"rows": n_rows}, "times_s": {"total": 12.5}}
        (out / "run.json").write_text(json.dumps(report))
    return out

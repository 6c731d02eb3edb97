"""Runs for the tests of the report."""

from pathlib import Path

import pyarrow as pa
import runs

from tscreen.schemas import columns as c
from tscreen.screen.dataset.writing import CANDIDATES, PATHS, REJECTS, RESULTS, SAMPLES, TABLES

TS = [[1.19, 0.0, 0.55], [0.0, 0.0, 0.0], [0.0, 0.0, 1.18]]
MODE = [[-0.2, 0.0, 1.0], [0.0, 0.0, -0.1], [0.0, 0.0, 0.0]]


def result(name: str, **cells) -> dict:
    """A result for HCN to HNC, with some of its cells changed and any tags."""
    here = {
        c.TS_POSITIONS: TS,
        c.EXPECTED_RMSD: 0.1,
        c.P_GOOD: 0.9,
        c.BARRIER: 45.0,
        c.REACTION_ENERGY: 14.0,
        c.ENERGY_LEVEL: "GFN2-xTB//generated",
    }
    return runs.result(name, **here | cells)


def write_run(
    out: Path,
    rows: list[dict],
    rejects: list[dict] | None = None,
    *,
    candidates: list[dict] | None = None,
    paths: list[dict] | None = None,
    samples: list[dict] | None = None,
    ended: bool = False,
) -> Path:
    """Write a run that has ended, or one that has five rows to go."""
    n_rows = len(rows) + len(rejects or [])
    runs.new_run(out, rows=n_rows + 5 * (not ended), samples=8)
    if ended:
        runs.finish(out, n_rows)
    if rows:
        runs.put(runs.results_table(*rows), out, RESULTS, "1")
    others = {REJECTS: rejects, CANDIDATES: candidates, PATHS: paths, SAMPLES: samples}
    for folder, cells in others.items():
        if cells:
            runs.put(pa.Table.from_pylist(cells, TABLES[folder]), out, folder, "1")
    return out

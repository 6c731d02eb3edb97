"""The same reactions sampled on a GPU, on shares of it and on the processor alone.

    python bench/screen/engine/gpu_run.py val.parquet=1,0 train.parquet=1,0.25 [--seconds 50]

After each table stand values of `--gpus-per-sampler`; 0 samples on the processor, with one process
for each core. All runs share one Ray, without energies. Prints a line of JSON for each: times, and
how far its structures lie from those of the first run of the table and, where this has
`ts_positions`, from the reference. Without a GPU Ray is told of one and all is done on the
processor, which tries the command and no more. Nothing is begun once `--seconds` are over.
"""

import argparse
import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import ray

from tscreen.model.inference.memory import gpus
from tscreen.model.reactions.superposition import deviation
from tscreen.schemas import columns as c
from tscreen.screen.dataset.output import read_results
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Settings
from tscreen.screen.library.evaluating import evaluate
from tscreen.screen.runs.run import run

FAR = 0.05  # Å

Structures = dict[str, np.ndarray]


def main() -> None:
    """Run every share of every table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tables", nargs="+", metavar="DATA=SHARE,SHARE")
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--limit", type=int, help="reactions of each table")
    parser.add_argument("--seconds", type=float, default=np.inf)
    options = parser.parse_args()
    end = time.monotonic() + options.seconds
    begin_ray()
    with tempfile.TemporaryDirectory() as folder:
        for table in options.tables:
            data, _, shares = table.rpartition("=")
            first: Structures = {}
            for share in map(float, shares.split(",")):
                if time.monotonic() < end:
                    out = Path(folder, f"{Path(data).stem}-{share:g}")
                    settings = Settings(
                        input=data,
                        out=out,
                        gpus_per_sampler=share,
                        samples=options.samples,
                        limit=options.limit,
                        energies=False,
                    )
                    found, line = screened(settings)
                    first = first or found
                    print(json.dumps(line | apart(found, first)), flush=True)


def begin_ray() -> None:
    """Start Ray, which finds the GPU by itself or is told of it."""
    quiet: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False}
    ray.init(address="local", **quiet)
    seen = ray.cluster_resources()
    if not seen.get("GPU"):
        ray.shutdown()
        ray.init(address="local", num_gpus=1, **quiet)
    told = {name: seen.get(name, 0.0) for name in ("CPU", "GPU")}
    print(json.dumps({"seen by ray": told, "seen by torch": gpus()}), flush=True)


def screened(settings: Settings) -> tuple[Structures, dict[str, Any]]:
    """The transition states of a run, and what it says of itself."""
    report = run(settings, Show())
    found = read_results(settings.out).select(c.REACTION_ID, c.TS_POSITIONS).collect()
    line: dict[str, Any] = {
        "table": Path(str(settings.input)).name,
        "gpus_per_sampler": settings.gpus_per_sampler,
        "workers": asdict(report.workers),
        "rows": report.counts.results,
        "times_s": {name: round(value, 2) for name, value in asdict(report.times_s).items()},
        "reactions_per_s": round(report.reactions_per_s, 1),
        "sampling_s": round(report.stages["sample"].worker_s, 2),
    }
    if "ts_positions" in pl.read_parquet_schema(settings.input):
        rmsd = evaluate(settings.input, settings.out, split=None, energies=False).rmsd
        line["reference_rmsd"] = {"median": rmsd.median, "mean": rmsd.mean}
    return {name: np.array(x) for name, x in found.iter_rows()}, line


def apart(found: Structures, first: Structures) -> dict[str, Any]:
    """How far structures lie from others of the same reactions."""
    rmsd = np.array([deviation(found[name], first[name]) for name in first])
    return {
        "same_bytes": sum(np.array_equal(found[name], first[name]) for name in first),
        "rmsd_from_first": {"median": float(np.median(rmsd)), "largest": float(rmsd.max())},
        "farther_than_0.05": int((rmsd > FAR).sum()),
    }


if __name__ == "__main__":
    main()

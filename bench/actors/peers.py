"""How does a run find saddle points, set beside plain tools on the same reactions and seconds?

    python bench/actors/peers.py gdb7_22_ts.parquet [--reactions 60] [--workers 2] [--out ROWS]

On random `val` reactions, each method within the same limit of processor time, one thread each:

* `band`: a geodesic path (`geodesic-interpolate`; without it IDPP) between both sides, assembled
  and relaxed, a climbing-image nudged elastic band (ASE), and Sella, on GFN2-xTB;
* `string`: between the same ends the growing string of `pysisyphus` and its RS-I-RFO, on GFN2-xTB;
* `tscreen`: the ladder from generated candidates on GFN2-xTB with the learnt correction;
* `tscreen, GFN2-xTB alone`: the same without the correction.

Whatever saddle point is reached must have one imaginary mode and lead down to reactant and product
by the same code. Barriers are electronic, that of a corrected search with the zero-point part of
the correction; the reference is the table's. Core-seconds are those until the saddle point is
verified; the barrier takes more. Both other programs come with `pip install -e '.[peers]'`.
Attempts found in ROWS (JSON lines) are not made again.
"""

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from statistics import mean, median
from threading import Lock
from typing import Any

import numpy as np
from peer_methods import BAND, CORRECTED, METHODS, PACKAGES, PLAIN, STRING, Reached, attempt, row_of
from saddle_search import Generated, generate

from tscreen.actors.defaults import OPTIMISER
from tscreen.actors.verified import START_S, WALL_SHARE
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.isolation import Isolated
from tscreen.actors.workers.threads import hold_to_one_thread
from tscreen.model.inference.loading import best_device, load_model
from tscreen.model.reactions.data import ReferenceReaction, load_reference

CANDIDATES = 3
"""To start from, as many as a run keeps."""
Row = dict[str, Any]
Task = tuple[str, ReferenceReaction]


def chosen(rows: Sequence[ReferenceReaction], count: int, seed: int) -> list[ReferenceReaction]:
    """Random rows; a larger count with the same seed has those of a smaller one first."""
    order = np.random.default_rng(seed).permutation(len(rows))
    return [rows[i] for i in order[:count]]


def read_rows(path: Path | None) -> list[Row]:
    """Rows of an earlier run; a last line that was not written to its end is left out."""
    if path is None or not path.exists():
        return []
    rows = []
    for line in path.read_text().splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


def append_row(path: Path, row: Row) -> None:
    """Add a line, on a line of its own even where the last one was not written to its end."""
    broken = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    with path.open("a") as file:
        file.write("\n" * broken + json.dumps(row) + "\n")


def still_to_do(
    rows: Iterable[Row], reactions: Sequence[ReferenceReaction], methods: Sequence[str]
) -> list[Task]:
    """The attempts that no row tells of, one reaction after the other."""
    done = {(row["method"], row["reaction_id"]) for row in rows}
    return [(m, one) for one in reactions for m in methods if (m, one.reaction_id) not in done]


def summary(rows: Sequence[Row], method: str) -> dict[str, Any]:
    """The figures of one method; None where nothing was verified."""
    mine = [row for row in rows if row["method"] == method]
    right = [row for row in mine if row["verified"]]
    errors = [
        abs(row["barrier"] - row["reference"])
        for row in right
        if row["barrier"] is not None and row["reference"] is not None
    ]
    return {
        "method": method,
        "n": len(mine),
        "verified": len(right),
        "share": len(right) / len(mine) if mine else None,
        "rmsd": _both([row["rmsd"] for row in right]),
        "barrier_error": _both(errors),
        "core_s": _both([row["core_s"] for row in mine]),
        "verification_s": _both(_known(mine, "verification_s")),
        "barrier_s": _both(_known(right, "barrier_s")),
        "sampling_s": _both(_known(mine, "sampling_s")),
        "outcomes": dict(Counter(row["outcome"] for row in mine).most_common()),
        "starts": dict(Counter(row["start"].split(", ")[-1] for row in right).most_common()),
    }


def _known(rows: Iterable[Row], name: str) -> list[float]:
    return [row[name] for row in rows if row.get(name) is not None]


def _both(values: Sequence[float]) -> dict[str, float] | None:
    return {"mean": mean(values), "median": median(values)} if values else None


def report(figures: Iterable[dict[str, Any]]) -> None:
    """Print a table of summaries, each pair as mean / median, and what became of each attempt."""
    figures = list(figures)
    print(
        f"{'method':25s}{'verified':>15s}{'RMSD, Å':>15s}{'error, kcal/mol':>18s}"
        f"{'core-s':>16s}{'verification':>16s}{'barrier':>14s}{'sampling':>14s}"
    )
    for one in figures:
        share = f"{one['verified']}/{one['n']}" + (f" ({one['share']:.0%})" if one["n"] else "")
        print(
            f"{one['method']:25s}{share:>15s}{_pair(one['rmsd'], 2):>15s}"
            f"{_pair(one['barrier_error'], 2):>18s}{_pair(one['core_s'], 1):>16s}"
            f"{_pair(one['verification_s'], 1):>16s}{_pair(one['barrier_s'], 1):>14s}"
            f"{_pair(one['sampling_s'], 1):>14s}"
        )
    for one in figures:
        print(f"{one['method']}: {one['outcomes']}; the verified ones from {one['starts']}")


def _pair(values: dict[str, float] | None, digits: int) -> str:
    if values is None:
        return "-"
    return f"{values['mean']:.{digits}f} / {values['median']:.{digits}f}"


def measure(
    idle: "SimpleQueue[Isolated]", generated: dict[str, Generated], limit_s: float, task: Task
) -> Row:
    """One attempt in a process that is not busy; its crash is an outcome like others."""
    method, row = task
    one = generated.get(row.reaction_id)
    if method in (CORRECTED, PLAIN) and one is None:
        return row_of(method, row, Reached("nothing_generated"), 0.0)
    candidates = list(one.candidates[:CANDIDATES]) if one else []
    run = idle.get()
    try:
        # The barrier may take half as much again, a second search of the ladder as well.
        return run(2 * WALL_SHARE * limit_s + START_S, attempt, method, row, candidates, limit_s)
    except CalculationError as error:
        return row_of(method, row, Reached(error.code, error.message), limit_s)
    finally:
        idle.put(run)


def sampled(rows: Sequence[ReferenceReaction], workers: int) -> tuple[dict[str, Generated], float]:
    """Candidates of reactions by id, and the core-seconds for each of them, energies included."""
    model = load_model(None, best_device())
    start = _spent()
    found = {one.row.reaction_id: one for one in generate(model, rows, workers)}
    return found, (_spent() - start) / len(rows)


def _spent() -> float:
    """Processor seconds of this process and of its children that have ended."""
    return sum(os.times()[:4])


def installed(methods: Sequence[str]) -> list[str]:
    """The methods that can be tried here; says what is missing for others."""
    if BAND in methods and not find_spec(PACKAGES[BAND]):
        print("geodesic-interpolate is not installed: the band starts from an IDPP path")
    if STRING in methods and not find_spec(PACKAGES[STRING]):
        print("pysisyphus is not installed: no string")
        return [method for method in methods if method != STRING]
    return list(methods)


def main() -> None:
    """Make the attempts that are missing, then print what came of all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--reactions", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit-s", type=float, default=60.0)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--out", type=Path, help="JSON lines, one an attempt, to resume from")
    parser.add_argument("--json", type=Path, help="file for the summaries")
    options = parser.parse_args()
    hold_to_one_thread()
    methods = installed(options.methods)
    reactions = chosen(load_reference(options.data, "val").rows, options.reactions, options.seed)
    rows = read_rows(options.out)
    tasks = still_to_do(rows, reactions, methods)
    wanted = [r for r in reactions if any(m in (CORRECTED, PLAIN) and r is one for m, one in tasks)]
    generated, each = sampled(wanted, options.workers) if wanted else ({}, 0.0)
    print(f"{len(reactions)} val reactions; {len(tasks)} attempts to make", flush=True)
    preload = (OPTIMISER, "quiet_pysisyphus") if STRING in methods else (OPTIMISER,)
    idle: SimpleQueue[Isolated] = SimpleQueue()
    for _ in range(options.workers):
        idle.put(Isolated(preload=preload))
    writing = Lock()

    def make(task: Task) -> None:
        row = measure(idle, generated, options.limit_s, task)
        if row["method"] in (CORRECTED, PLAIN):
            row["sampling_s"] = each
        with writing:
            rows.append(row)
            if options.out:
                append_row(options.out, row)

    with ThreadPoolExecutor(options.workers) as threads:
        list(threads.map(make, tasks))
    ids = {row.reaction_id for row in reactions}
    figures = [summary([r for r in rows if r["reaction_id"] in ids], m) for m in methods]
    report(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()

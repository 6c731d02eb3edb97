"""How often is the saddle point found that joins this reactant to this product, and at what cost?

    python bench/actors/saddle_search.py gdb7_22_ts.parquet [--count 60] [--workers 2] [--out FILE]

On the `val` reactions with the lowest `p_good`: the search ladder as a run climbs it, and side by
side a plain search without generated candidates, the ladder's last rung alone: a climbing-image
nudged elastic band between the relaxed sides and a saddle search from its peak. Both follow the
saddle point down and have the same limit of processor time. Core-seconds are those of search and
verification, without the thermochemistry that a run adds.
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import numpy as np
import polars as pl

from tscreen.actors.defaults import OPTIMISER, TIMEOUT_S
from tscreen.actors.quantum.single_points import SinglePointPool
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE
from tscreen.actors.saddles.ladder import Climb, climb
from tscreen.actors.verified import WALL_SHARE
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.isolation import Isolated
from tscreen.actors.workers.threads import hold_to_one_thread
from tscreen.model.evaluation.finished import off_reference
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.generator import recommend
from tscreen.model.inference.loading import TrainedModel, best_device, load_model
from tscreen.model.inference.prediction import predict
from tscreen.model.reactions.data import ReferenceReaction, load_reference
from tscreen.schemas.reaction import Reaction

WAYS = ("ladder", "path alone")


class Generated(NamedTuple):
    """A reference reaction and its generated transition states (K, N, 3) in Å, best first."""

    row: ReferenceReaction
    candidates: np.ndarray
    p_good: float


def generate(
    model: TrainedModel, rows: Sequence[ReferenceReaction], workers: int
) -> list[Generated]:
    """Transition states as a run generates and judges them; reactions without energies go."""
    reactions = [row.reaction for row in rows]
    candidates = [one.candidates for one in recommend(model, reactions, Sampling())]
    with SinglePointPool(workers) as pool:
        energies = pool(reactions, [one.structures for one in candidates])
    found = predict(model.assessor, model.card, reactions, candidates, energies)
    return [
        Generated(row, one.structures, one.p_good)
        for row, one in zip(rows, found, strict=True)
        if one is not None
    ]


def least_certain(model: TrainedModel, path: Path, count: int, workers: int) -> list[Generated]:
    """The `val` reactions with the lowest `p_good`, as a run judges them."""
    out = generate(model, load_reference(path, "val").rows, workers)
    return sorted(out, key=lambda one: one.p_good)[:count]


def timed_climb(reaction: Reaction, candidates: Sequence[np.ndarray]) -> tuple[Climb, float]:
    """A climb and the processor seconds that it took."""
    start = time.process_time()
    return climb(reaction, candidates, DEFAULT_SURFACE, TIMEOUT_S), time.process_time() - start


def measure(pool: SimpleQueue[Isolated], task: tuple[Generated, str]) -> dict[str, object]:
    """One search, as a row of the report."""
    one, way = task
    run = pool.get()
    candidates = list(one.candidates) if way == WAYS[0] else []
    try:
        found, seconds = run(5 * WALL_SHARE * TIMEOUT_S, timed_climb, one.row.reaction, candidates)
        outcome = found.found.connects if found.found else found.failure.code
        saddle = found.found.saddle.positions if found.found else None
        route = found.route
    except CalculationError as error:
        outcome, seconds, saddle, route = error.code, TIMEOUT_S, None, ()
    finally:
        pool.put(run)
    return {
        "reaction_id": one.row.reaction_id,
        "way": way,
        "p_good": one.p_good,
        "outcome": outcome,
        "verified": outcome == "reactant-product",
        "route": ", ".join(route),
        "core_s": seconds,
        "generated_rmsd": off_reference(one.candidates[0], one.row),
        "saddle_rmsd": None if saddle is None else off_reference(saddle, one.row),
    }


def report(rows: pl.DataFrame) -> None:
    """Print what came of each way."""
    for way in WAYS:
        mine = rows.filter(pl.col("way") == way)
        right = mine.filter("verified")
        seconds = mine["core_s"]
        print(
            f"{way}: verified {right.height} of {mine.height} ({right.height / mine.height:.0%}); "
            f"core-seconds median {seconds.median():.1f}, mean {seconds.mean():.1f}; of the "
            f"verified, RMSD to the reference mean / median: generated "
            f"{right['generated_rmsd'].mean():.2f} / {right['generated_rmsd'].median():.2f}, "
            f"saddle point {right['saddle_rmsd'].mean():.2f} / {right['saddle_rmsd'].median():.2f}"
        )
        print("  outcomes", dict(Counter(mine["outcome"]).most_common()))
        print("  last rung", dict(Counter(r.split(", ")[-1] for r in right["route"]).most_common()))


def main() -> None:
    """Search, then print a summary of both ways."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="Parquet file for the single searches")
    options = parser.parse_args()
    hold_to_one_thread()
    model = load_model(None, best_device())
    chosen = least_certain(model, options.data, options.count, options.workers)
    print(
        f"weights {model.card.version}: {len(chosen)} val reactions of p_good "
        f"{chosen[0].p_good:.2f} to {chosen[-1].p_good:.2f}",
        flush=True,
    )
    idle: SimpleQueue[Isolated] = SimpleQueue()
    for _ in range(options.workers):
        idle.put(Isolated(preload=(OPTIMISER,)))
    tasks = list(chain.from_iterable([(one, way) for way in WAYS] for one in chosen))
    with ThreadPoolExecutor(options.workers) as threads:
        rows = pl.DataFrame(list(threads.map(partial(measure, idle), tasks)))
    report(rows)
    if options.out:
        rows.write_parquet(options.out)


if __name__ == "__main__":
    main()

"""Seconds that `tscreen.predict` takes in a fresh process, and what they go into.

    python bench/screen/predict_cold_start.py gdb7_22_ts.parquet --reactions 10

Every part of the screening is timed where it is called; searches go on side by side, so refinement
is what is left of the whole, with reading the table and making its stages. It ends with an error if
Ray was loaded.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

SPENT: dict[str, float] = defaultdict(float)


@contextmanager
def timed(part: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    SPENT[part] += time.perf_counter() - started


def timing(make: Callable[[], Any], part: str) -> Callable[[], Any]:
    """Makes the same stage, whose making counts as weights and whose calls as a part."""

    def made() -> Any:
        with timed("weights"):
            stage = make()

        def call(table: Any) -> Any:
            with timed(part):
                return stage(table)

        return call

    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="Parquet file with a column split")
    parser.add_argument("--reactions", type=int, default=10, help="of the split val")
    options = parser.parse_args()
    began = time.perf_counter()
    with timed("import"):
        # What the stages would load when they are first made.
        import pyarrow.parquet as pq

        for stage in ("energies", "refining", "sampler"):
            import_module(f"tscreen.actors.{stage}")
        from tscreen.screen.engine.stages import shipped
        from tscreen.screen.library import predicting
    table = pq.read_table(options.data, filters=[("split", "==", "val")])
    table = table.drop_columns(["ts_positions"]).slice(0, options.reactions)

    def watched(settings: Any) -> Any:
        with timed("weights"):
            stages = shipped(settings)
        return replace(
            stages,
            sample=timing(stages.sample, "sampling"),
            energies=timing(stages.energies, "energies"),
        )

    predicting.shipped = watched
    found = predicting.predict(table)
    SPENT["whole"] = time.perf_counter() - began
    SPENT["refinement"] = 2 * SPENT["whole"] - sum(SPENT.values())
    for part in ("import", "weights", "sampling", "energies", "refinement", "whole"):
        print(f"{part:>10} {SPENT[part]:7.1f} s")
    roots = {name.split(".")[0] for name in sys.modules}
    print(f"{len(sys.modules)} modules loaded, Ray {'too' if 'ray' in roots else 'not'}")
    print(found.results["status"].value_counts())
    if "ray" in roots:
        sys.exit("Ray was loaded")


if __name__ == "__main__":
    main()

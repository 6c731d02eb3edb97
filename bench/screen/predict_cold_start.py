"""Seconds that `tscreen.predict` takes in a fresh process, and what they go into.

    python bench/screen/predict_cold_start.py gdb7_22_ts.parquet [--reactions 10] [--effort quick]

Prints the seconds of the imports and of the whole, and for every stage those that making it and
running it took, of all threads together. Ends with an error if Ray was loaded.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from tscreen.actors.workers.stage import Shared, Stage, Transform

SPENT: Counter[str] = Counter()


@contextmanager
def timed(part: str) -> Iterator[None]:
    """Adds the seconds within to those of a part."""
    started = time.perf_counter()
    yield
    SPENT[part] += time.perf_counter() - started


class Timed(Stage):
    """A stage by the clock."""

    def __init__(self, stage: Stage):
        self._stage = stage
        self.name, self.preload = stage.name, stage.preload

    def make(self, shared: Shared) -> Transform:
        """See `Stage`."""
        with timed(f"making {self.name}"):
            transform = self._stage.make(shared)

        def run(table: pa.Table) -> pa.Table:
            with timed(self.name):
                return transform(table)

        return run


def main() -> None:
    """Predict, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="Parquet file with a column split")
    parser.add_argument("--reactions", type=int, default=10, help="of the split val")
    parser.add_argument("--effort", default="normal")
    options = parser.parse_args()
    with timed("whole"):
        with timed("importing"):
            import pyarrow.parquet as pq

            from tscreen.screen.engine.stages import shipped
            from tscreen.screen.library import predicting
        table = pq.read_table(options.data, filters=[("split", "==", "val")])
        table = table.drop_columns(["ts_positions"]).slice(0, options.reactions)

        def watched(settings):
            stages = shipped(settings)
            names = ("sample", "energies", "refine")
            return replace(stages, **{name: Timed(getattr(stages, name)) for name in names})

        predicting.shipped = watched
        found = predicting.predict(table, effort=options.effort)
    for part, seconds in SPENT.items():
        print(f"{part:>16} {seconds:7.1f} s")
    print(found.results["status"].value_counts())
    if "ray" in sys.modules:
        sys.exit("Ray was loaded")


if __name__ == "__main__":
    main()

"""Whether two runs of the same reactions, settings and weights have the same results.

    python bench/same_results.py OUT OTHER

For a change that must not change results: run before it and after it, with the same seed. Prints
the largest difference in every column of numbers, coordinates in Å as they stand, and how many
rows differ in each other column; seconds are left out. Ends with 1 where coordinates differ by
more than 1e-4 Å or anything that is no number differs.
"""

import sys

import numpy as np
import polars as pl

from tscreen.schemas import columns as c
from tscreen.screen.dataset.output import read_results

TOLERANCE = 1e-4
SECONDS = (c.XTB_WALL_S, c.WALL_S)


def numbers(cell: object) -> np.ndarray:
    """All numbers of a cell."""
    return np.ravel(np.array(np.nan if cell is None else cell, float))


def main() -> None:
    """Compare and print."""
    one, other = (read_results(out).sort(c.REACTION_ID).collect() for out in sys.argv[1:3])
    if one[c.REACTION_ID].to_list() != other[c.REACTION_ID].to_list():
        sys.exit("these are runs of different reactions")
    differs = False
    for name in one.columns:
        if name in SECONDS:
            continue
        kind = one[name].dtype
        nested = kind in (pl.List, pl.Array) and kind.inner not in (pl.String,)
        if kind.is_numeric() or nested:
            pairs = [(numbers(a), numbers(b)) for a, b in zip(one[name], other[name], strict=True)]
            largest = max(np.nanmax(np.append(np.abs(a - b), 0.0)) for a, b in pairs)
            print(f"{name:32} differs by {largest:.1e} at most")
            differs |= name == c.TS_POSITIONS and largest > TOLERANCE
        else:
            rows = (one[name].ne_missing(other[name])).sum()
            print(f"{name:32} differs in {rows} rows")
            differs |= rows > 0
    print(f"{len(one)} results")
    sys.exit(int(differs))


if __name__ == "__main__":
    main()

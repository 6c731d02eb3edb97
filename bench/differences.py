"""How often the interval of a difference between two barriers holds the true one.

    python bench/differences.py OUT

OUT is a run over a table with reference barriers (`barrier_kcal_mol`) and their level
(`barrier_level`), of reactions that no network was trained on.
"""

import sys

import numpy as np
import polars as pl

from tscreen.schemas import columns as c
from tscreen.screen.analysis.trust import FAILED
from tscreen.screen.dataset.output import read_results

REFERENCE = f"input_{c.BARRIER}"


def main(out: str) -> None:
    """Print the share of single barriers and of all their differences that lie in the intervals."""
    of_reference = pl.col(c.BARRIER_ML_LEVEL) == pl.col(c.BARRIER_LEVEL)
    rows = read_results(out).filter(~FAILED & of_reference & pl.col(c.BARRIER_ML).is_finite())
    names = (c.BARRIER_ML, c.BARRIER_ML_LOW, c.BARRIER_ML_HIGH, REFERENCE)
    value, low, high, true = (rows.select(names).collect()[name].to_numpy() for name in names)
    single = (low <= true) & (true <= high)
    i, j = np.triu_indices(len(value), 1)
    error = (value[i] - value[j]) - (true[i] - true[j])
    margin = np.hypot(high - low, (high - low)[:, None])[i, j] / 2
    print(f"{single.mean():.1%} of {len(single)} barriers")
    print(f"{(np.abs(error) <= margin).mean():.1%} of {len(error)} differences")


if __name__ == "__main__":
    main(sys.argv[1])

"""What are `p_good` and the intervals worth on reactions of a family that was left out?

    python bench/model/splits/trust.py FAMILY.parquet OUT

``OUT`` is a run of a table of `by_family.py` with weights that were trained and calibrated on its
`rest.parquet` alone; all rows count, as none of them has calibrated. Good is what lies within 0.2 Å
of the reference.
"""

import argparse

import numpy as np

from tscreen.model.evaluation.finished import off_reference
from tscreen.model.networks.recommender import GOOD_RMSD
from tscreen.screen.analysis.finished import finished_results
from tscreen.screen.dataset.output import read_results
from tscreen.screen.library.evaluating import known

TRUSTED = (0.0, 0.5, 0.8)
"""Lower limits of `p_good`."""


def main() -> None:
    """Print the figures of all rows and of those that are trusted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("table")
    parser.add_argument("out")
    options = parser.parse_args()
    found = finished_results(read_results(options.out).lazy())
    rows = [row for row in known(options.table, "val").rows if row.reaction_id in found]
    results = [found[row.reaction_id] for row in rows]
    rmsd = np.array([off_reference(r.positions, row) for r, row in zip(results, rows, strict=True)])
    p_good = np.array([r.p_good for r in results])
    for limit in TRUSTED:
        trusted = p_good > limit
        good = rmsd[trusted] < GOOD_RMSD
        print(
            f"p_good > {limit}: {trusted.sum()} of {len(rows)}, mean p_good "
            f"{p_good[trusted].mean():.2f}, good {good.mean():.1%}; RMSD "
            f"{rmsd[trusted].mean():.3f} / {np.median(rmsd[trusted]):.3f} Å"
        )
    true = np.array([row.barrier for row in rows], dtype=float)
    told = np.array([[r.barrier, r.low, r.high] for r in results]).T
    sure = np.isfinite(told).all(0)
    value, low, high = told[:, sure]
    held = (low <= true[sure]) & (true[sure] <= high)
    error = np.abs(value - true[sure])
    print(
        f"{sure.sum()} barriers off by {error.mean():.2f} / {np.median(error):.2f} kcal/mol; "
        f"intervals hold {held.mean():.1%}, mean width {(high - low).mean():.1f}"
    )


if __name__ == "__main__":
    main()

"""Whether predicted barriers put reactions into the order of the reference's, as a screening wants.

    python bench/model/barrier_ranking.py vaska_h2.parquet [--weights DIR] [--lowest 20]

Predicts the barriers of the `val` rows, as a run with `--refine none` does, and prints their mean
absolute error, their rank correlation with the reference, and how many of the lowest barriers are
among as many predicted lowest, for each level of theory.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from tscreen.actors.quantum.single_points import SinglePointPool
from tscreen.model.evaluation.evaluation import BarrierErrors, evaluate
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.loading import load_model, use_threads
from tscreen.model.reactions.data import load_reference


def ranking(barriers: list[BarrierErrors], lowest: int) -> str:
    """The figures of one level of theory."""
    predicted = np.array([one.predicted.value for one in barriers])
    true = np.array([one.reference for one in barriers])
    first = set(np.argsort(true)[:lowest]) & set(np.argsort(predicted)[:lowest])
    return (
        f"{len(true)} reactions: MAE {np.abs(predicted - true).mean():.2f} kcal/mol, "
        f"Spearman {spearmanr(predicted, true).statistic:.3f}, {len(first)} of the {lowest} lowest"
    )


def main() -> None:
    """Predict, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--weights", type=Path, help="folder; default the shipped ones")
    parser.add_argument("--lowest", type=int, default=20)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    use_threads(options.threads)
    model = load_model(options.weights)
    rows = load_reference(options.table, "val").rows
    with SinglePointPool(options.threads) as single_points:
        _, errors = evaluate(model, rows, single_points, Sampling())
    by_level: dict[str, list[BarrierErrors]] = {}
    for one in errors:
        if one.barrier is not None:
            by_level.setdefault(one.barrier.predicted.level, []).append(one.barrier)
    for level, barriers in by_level.items():
        print(f"{level}: {ranking(barriers, options.lowest)}")


if __name__ == "__main__":
    main()

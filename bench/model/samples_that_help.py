"""What more samples of a reaction buy: the choice among them, its barrier, and other candidates.

    python bench/model/samples_that_help.py gdb7_22_ts.parquet [--rows 150] [--samples 1 2 5 10 40]

Samples the same `val` rows with the shipped weights, as a run with `--refine none` does, with
GFN2-xTB energies for choice and barrier. A saddle search starts from the candidates, one after the
other; those are structures that differ from each other by more than 0.15 Å, three at most.
"""

import argparse
from pathlib import Path

import numpy as np

from tscreen.actors.quantum.single_points import SinglePointPool
from tscreen.model.evaluation.evaluation import evaluate
from tscreen.model.inference.defaults import STEPS, Sampling
from tscreen.model.inference.generator import recommend
from tscreen.model.inference.loading import TrainedModel, best_device, load_model, use_threads
from tscreen.model.reactions.data import ReferenceReaction, load_reference
from tscreen.model.reactions.superposition import deviation

GOOD_START = 0.2
"""Å; from there a saddle search mostly finds the saddle point of the reference."""

HEADINGS = (
    "samples",
    "mean, Å",
    "median, Å",
    "< 0.2 Å",
    "MAE",
    "coverage",
    "interval",
    "distinct",
    "near one",
)


def measure(
    model: TrainedModel, rows: list[ReferenceReaction], pool: SinglePointPool, n_samples: int
) -> tuple[float, ...]:
    """The figures below `HEADINGS`, barriers in kcal/mol.

    RMSD of the recommended structure, error of its barrier, share of 90 % intervals that hold the
    reference and their width, number of candidates, and share of reactions with a good start among
    these.
    """
    sampling = Sampling(n_samples, STEPS)
    figures, errors = evaluate(model, rows, pool, sampling)
    barriers = [one.barrier for one in errors if one.barrier is not None]
    judged = [one.barrier for one in errors if one.barrier is not None and not one.calibrates]
    candidates = [
        one.candidates.structures
        for one in recommend(model, [row.reaction for row in rows], sampling)
    ]
    nearest = [
        min(deviation(structure, row.prepared.ts) for structure in structures)
        for structures, row in zip(candidates, rows, strict=True)
    ]
    return (
        n_samples,
        figures.recommended.mean,
        figures.recommended.median,
        figures.recommended.under["0.2"],
        float(np.mean([one.error for one in barriers])),
        float(np.mean([one.covered for one in judged])),
        float(np.mean([one.predicted.high - one.predicted.low for one in barriers])),
        float(np.mean([len(structures) for structures in candidates])),
        float(np.mean([off < GOOD_START for off in nearest])),
    )


def main() -> None:
    """Print a line for each number of samples."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=150)
    parser.add_argument("--samples", nargs="+", type=int, default=[1, 2, 5, 10, 40])
    parser.add_argument("--threads", type=int, default=None)
    options = parser.parse_args()
    use_threads(options.threads)
    rows = load_reference(options.data, "val").rows
    rows = rows[:: max(1, len(rows) // options.rows)][: options.rows]
    model = load_model(None, best_device())
    print(f"{len(rows)} rows of {options.data.name}, {STEPS} step")
    print("  ".join(f"{heading:>9}" for heading in HEADINGS))
    with SinglePointPool(options.threads) as pool:
        for n_samples in options.samples:
            found = measure(model, rows, pool, n_samples)
            print("  ".join(f"{figure:9.3f}" for figure in found), flush=True)


if __name__ == "__main__":
    main()

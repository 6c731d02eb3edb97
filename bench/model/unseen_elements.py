"""What is nearer to the TS of reactions with elements or charges that the generator has not seen?

Prints the RMSD of the prior, made by geometry alone, and of the generator's one-step TS:

    python bench/model/unseen_elements.py reactions.parquet [--weights DIR]

Such reactions are screened from the prior (`model/inference/coverage.py`).
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor

from tscreen.model.inference.loading import load_generator, use_threads
from tscreen.model.reactions.batch import collate
from tscreen.model.reactions.data import ReferenceReaction, batches_by_size, load_reference
from tscreen.model.reactions.geometry import rmsd
from tscreen.model.reactions.prior import build_prior, midpoint
from tscreen.model.training.loop import MAX_PAIRS
from tscreen.model.training.training import one_step_rmsd


def prior_rmsd(rows: list[ReferenceReaction]) -> Tensor:
    """RMSD ``(R,)`` in Å of the prior half-way between reactant and product."""
    values = []
    for indices in batches_by_size([row.prepared.n_atoms for row in rows], 4 * MAX_PAIRS):
        batch = collate([rows[i].prepared for i in indices])
        assert batch.ts is not None
        values.append(rmsd(build_prior(batch, midpoint(batch)), batch.ts[None], batch.mask)[0])
    return torch.cat(values)


def main() -> None:
    """Compare both on the validation rows of a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--split", default="val")
    arguments = parser.parse_args()
    use_threads(None)
    rows = load_reference(arguments.table, arguments.split).rows
    network = load_generator(arguments.weights).network
    found = {"prior": prior_rmsd(rows), "generator": one_step_rmsd(network, rows, "cpu")}
    print(f"{len(rows)} rows; RMSD in Å, mean and median")
    for name, values in found.items():
        print(f"{name:>10}  {values.mean():.3f}  {values.median():.3f}")


if __name__ == "__main__":
    main()

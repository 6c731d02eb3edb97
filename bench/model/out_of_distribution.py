"""Does the model know that it does not know?

    python bench/model/out_of_distribution.py gdb7_22_ts.parquet cyclo_23_ts.parquet \
        [--weights FOLDER]

Mean `p_good`, by geometry alone and with energies, on the `val` rows of the first table, which are
like the training data; on broken ones, made of them by giving each reaction the product of another
of the same formula, which have no transition state worth the name; and on those `val` rows of the
second table that have only elements the weights know. To see reactions unlike all training data
there, give weights that were trained on the first table alone.
"""

import argparse
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from tscreen.actors.quantum.single_points import SinglePointPool
from tscreen.model.inference.defaults import Sampling
from tscreen.model.inference.generator import recommend
from tscreen.model.inference.loading import TrainedModel, best_device, load_model
from tscreen.model.inference.prediction import predict
from tscreen.model.reactions.data import load_reference
from tscreen.schemas.reaction import Reaction


def broken(reactions: list[Reaction]) -> list[Reaction]:
    """Every reaction with the product of the next one of the same formula, if there is one.

    Atoms of one element are matched in the order in which they come.
    """
    by_formula = defaultdict(list)
    for reaction in reactions:
        by_formula[tuple(sorted(reaction.atomic_numbers.tolist()))].append(reaction)
    out = []
    for alike in by_formula.values():
        for one, other in zip(alike, alike[1:] + alike[:1], strict=True):
            if one is not other:
                out.append(with_product_of(one, other))
    return out


def with_product_of(one: Reaction, other: Reaction) -> Reaction:
    """The reactant of ``one`` and the product of ``other``, in the atom order of ``one``."""
    order = np.empty(len(one.atomic_numbers), dtype=int)
    order[np.argsort(one.atomic_numbers, kind="stable")] = np.argsort(
        other.atomic_numbers, kind="stable"
    )
    return replace(
        one,
        reaction_id=f"{one.reaction_id}+{other.reaction_id}",
        product_positions=other.product_positions[order],
        product_fragments=other.product_fragments[order],
    )


def certainty(
    model: TrainedModel, reactions: list[Reaction], pool: SinglePointPool
) -> tuple[np.ndarray, np.ndarray]:
    """``p_good`` by geometry alone and with energies."""
    found = recommend(model, reactions, Sampling())
    candidates = [one.candidates for one in found]
    energies = pool(reactions, [one.structures for one in candidates])
    kept = predict(model.assessor, model.card, reactions, candidates, energies)
    both = [(one.p_good, ts.p_good) for one, ts in zip(found, kept, strict=True) if ts]
    by_geometry, with_energies = np.array(both).T
    return by_geometry, with_energies


def main() -> None:
    """Print a line for each set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("like", type=Path)
    parser.add_argument("unlike", type=Path)
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    model = load_model(options.weights, best_device())
    alike = [row.reaction for row in load_reference(options.like, "val").rows]
    unlike = [
        row.reaction
        for row in load_reference(options.unlike, "val").rows
        if model.card.elements.issuperset(row.reaction.atomic_numbers.tolist())
    ]
    sets = {
        f"{options.like.stem} val": alike,
        "the same with products exchanged": broken(alike),
        f"{options.unlike.stem} val": unlike,
    }
    print(f"weights {model.card.version}; mean p_good")
    with SinglePointPool(2) as pool:
        for name, reactions in sets.items():
            by_geometry, with_energies = certainty(model, reactions, pool)
            print(
                f"{name:40} {len(by_geometry):4} reactions: by geometry {by_geometry.mean():.3f}, "
                f"with energies {with_energies.mean():.3f}, "
                f"share over 0.5 {(with_energies > 0.5).mean():.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

"""Does a reaction whose map is taken away get it back?

    python bench/actors/atom_mapping.py gdb7_22_ts.parquet [--count 500] [--split train] [--seed 0]

Both sides of each mapped reaction SMILES are written anew without map numbers and mapped by the
fewest bond changes. A map is the same where the same bonds form and break up to the symmetry of the
molecules.
"""

import argparse
import time
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
from rdkit import Chem

from tscreen.actors.mapping.graphs import BROKEN, FORMED, Graph
from tscreen.actors.mapping.search import laid_upon
from tscreen.actors.mapping.unmapped import completed
from tscreen.actors.smiles.mapping import UnbuildableError, parse_reaction
from tscreen.schemas import columns as c


def without_map(smiles: str) -> str:
    """The reaction SMILES as one that never had a map would be written."""
    reaction = parse_reaction(smiles)
    sides = []
    for mol in (reaction.reactant, reaction.product):
        for atom in mol.GetAtoms():
            atom.SetAtomMapNum(0)
        sides.append(Chem.MolToSmiles(Chem.RemoveHs(mol)))
    return ">>".join(sides)


def change(smiles: str) -> tuple[int, int]:
    """What a map changes, up to symmetry, and how many bonds that is."""
    reaction = parse_reaction(smiles)
    sides = [
        Graph.of(reaction.numbers, Chem.GetAdjacencyMatrix(mol).astype(bool))
        for mol in (reaction.reactant, reaction.product)
    ]
    both = laid_upon(*sides, np.arange(len(reaction.numbers)))
    return both.fingerprint(), int(np.isin(both.weights, [BROKEN, FORMED]).sum()) // 2


def verdict(smiles: str, maps: list[str]) -> str:
    wanted, n_wanted = change(smiles)
    found = [change(one) for one in maps]
    if wanted in [told for told, _ in found]:
        return "the same" if len(maps) == 1 else "among several that tie"
    return "another with fewer bond changes" if found[0][1] < n_wanted else "WORSE"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--split", default="train")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rows = pl.read_parquet(args.table, columns=[c.REACTION_ID, c.SMILES, c.SPLIT])
    rows = rows.filter(pl.col(c.SPLIT) == args.split).sample(args.count, seed=args.seed)
    verdicts: Counter[str] = Counter()
    ties: Counter[int] = Counter()
    seconds = []
    for name, smiles, _ in rows.iter_rows():
        bare = without_map(smiles)
        start = time.perf_counter()
        try:
            maps = completed(bare)
        except UnbuildableError as error:
            verdicts[f"none: {error.code}"] += 1
            print(f"{name}: {error.message}")
            continue
        finally:
            seconds.append(time.perf_counter() - start)
        verdicts[verdict(smiles, maps)] += 1
        ties[len(maps)] += 1
    print(f"map, of {len(rows)}:", *(f"{count} {told}" for told, count in verdicts.most_common()))
    print("maps that tie:", ", ".join(f"{n}: {ties[n]} reactions" for n in sorted(ties)))
    print(
        f"seconds a reaction: median {np.median(seconds):.3f}, 95 % below "
        f"{np.quantile(seconds, 0.95):.3f}, most {max(seconds):.3f}"
    )


if __name__ == "__main__":
    main()

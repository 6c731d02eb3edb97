"""Split a reaction table so that no reactant of `val` is one of `train`.

    python bench/model/splits/by_reactant.py gdb7_22_ts.parquet OUT

Random splits share reactants between training and validation, which flatters. Writes two tables:
`unseen.parquet`, the `val` rows of the split as it stands whose reactant no training row has, to
evaluate the shipped weights on; and `by-reactant.parquet`, all rows split anew, one reactant in 25
to `val`, to train and evaluate on. The table needs mapped reaction SMILES in column `smiles`.
"""

import argparse
import hashlib
from pathlib import Path

import polars as pl
from rdkit import Chem

VALIDATION_SHARE = 25


def reactant_of(smiles: str) -> str:
    """Canonical SMILES of the reactant side of a mapped reaction SMILES, hydrogens implicit."""
    parser = Chem.SmilesParserParams()
    parser.removeHs = False
    molecule = Chem.MolFromSmiles(smiles.split(">>")[0], parser)
    if molecule is None:
        raise SystemExit(f"column 'smiles': RDKit cannot read {smiles!r}")
    for atom in molecule.GetAtoms():
        atom.SetAtomMapNum(0)
    return Chem.MolToSmiles(Chem.RemoveHs(molecule))


def main() -> None:
    """Write both tables and say how much the split as it stands shares."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    table = pl.read_parquet(options.data)
    reactant = pl.Series("reactant", [reactant_of(smiles) for smiles in table["smiles"]])
    table = table.with_columns(reactant)
    seen = table.filter(pl.col("split") == "train").select("reactant").unique()
    val = table.filter(pl.col("split") == "val")
    unseen = val.join(seen, on="reactant", how="anti")
    unseen.drop("reactant").write_parquet(options.out / "unseen.parquet")
    hashes = [hashlib.blake2b(text.encode(), digest_size=4).digest() for text in reactant]
    chosen = [int.from_bytes(digest) % VALIDATION_SHARE == 0 for digest in hashes]
    labels = pl.Series("split", ["val" if one else "train" for one in chosen])
    table.drop("reactant", "split").with_columns(labels).write_parquet(
        options.out / "by-reactant.parquet"
    )
    print(
        f"{table.height} reactions of {reactant.n_unique()} reactants; of {val.height} val rows "
        f"{unseen.height} have a reactant that no training row has; split anew: {sum(chosen)} val"
    )


if __name__ == "__main__":
    main()

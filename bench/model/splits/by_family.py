"""Split a reaction table so that whole families of reactions are left out of training.

    python bench/model/splits/by_family.py gdb7_22_ts.parquet OUT --count 100

A functional group and a kind of reaction: nitriles, whose reactant has a carbon nitrogen triple
bond, and hydrogen shifts, where one bond to hydrogen forms and one breaks and nothing else. Writes
`rest.parquet`, all rows of neither with the split as it stands, to train and calibrate on; and a
table for each family, all `val`: at most ``count`` rows, chosen by the hash of their names. The
table needs mapped reaction SMILES in column `smiles`.
"""

import argparse
import hashlib
from pathlib import Path

import polars as pl
from rdkit import Chem

NITRILE = Chem.MolFromSmarts("C#N")


def side(smiles: str) -> Chem.Mol:
    """One side of a mapped reaction SMILES, with its hydrogens.

    Raises:
        SystemExit: RDKit cannot read it.
    """
    parser = Chem.SmilesParserParams()
    parser.removeHs = False
    molecule = Chem.MolFromSmiles(smiles, parser)
    if molecule is None:
        raise SystemExit(f"column 'smiles': RDKit cannot read {smiles!r}")
    return molecule


def bonds(molecule: Chem.Mol) -> set[frozenset[int]]:
    """Pairs of map numbers that are bonded."""
    pairs = ((bond.GetBeginAtom(), bond.GetEndAtom()) for bond in molecule.GetBonds())
    return {frozenset(atom.GetAtomMapNum() for atom in pair) for pair in pairs}


def is_hydrogen_shift(reactant: Chem.Mol, product: Chem.Mol) -> bool:
    """Whether one bond to hydrogen forms and one breaks, and no other bond does."""
    hydrogens = {a.GetAtomMapNum() for a in reactant.GetAtoms() if a.GetAtomicNum() == 1}
    before, after = bonds(reactant), bonds(product)
    return [len(after - before), len(before - after)] == [1, 1] and all(
        pair & hydrogens for pair in before ^ after
    )


def families(smiles: str) -> set[str]:
    """Those that a mapped reaction SMILES belongs to."""
    reactant, product = map(side, smiles.split(">>"))
    found = {"nitriles"} if reactant.HasSubstructMatch(NITRILE) else set()
    return found | ({"hydrogen-shifts"} if is_hydrogen_shift(reactant, product) else set())


def main() -> None:
    """Write the tables and say how large they are."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    table = pl.read_parquet(options.data)
    of_row = [families(smiles) for smiles in table["smiles"]]
    rest = table.filter(pl.Series([not found for found in of_row]))
    rest.write_parquet(options.out / "rest.parquet")
    print(f"rest: {rest.height} of {table.height} rows, {(rest['split'] == 'val').sum()} val")
    order = [hashlib.blake2b(name.encode()).hexdigest() for name in table["reaction_id"]]
    for name in ("nitriles", "hydrogen-shifts"):
        family = table.with_columns(pl.Series("order", order), pl.lit("val").alias("split")).filter(
            pl.Series([name in found for found in of_row])
        )
        chosen = family.sort("order").drop("order").head(options.count)
        chosen.write_parquet(options.out / f"{name}.parquet")
        print(f"{name}: {chosen.height} of {family.height} rows")


if __name__ == "__main__":
    main()

"""Writes the reactions that `products.py` has labelled, with `reaction_energy_kcal_mol`.

    python bench/model/energies/gather.py reactions.parquet energies.parquet energies-*.jsonl
    python bench/model/energies/gather.py reactions.parquet table.parquet energies.parquet

Of the first table the names and energies alone; of the second, all of the first reactions' columns
beside what energies there are: what `tscreen train table.parquet --part correction` learns from.
"""

import argparse
from pathlib import Path

import polars as pl

from tscreen.schemas import columns as c
from tscreen.schemas.units import KCAL_MOL


def energies_of(paths: list[Path]) -> pl.DataFrame:
    """Names and reaction energies that are known, from files of lines or tables."""
    tables = [path for path in paths if path.suffix == ".parquet"]
    found = [pl.read_parquet(path) for path in tables]
    for path in set(paths) - set(tables):
        lines = pl.read_ndjson(path, schema={"id": pl.String, "e": pl.Float64}).drop_nulls()
        energy = (pl.col("e") / KCAL_MOL).round(3)
        found.append(
            lines.select(pl.col("id").alias(c.REACTION_ID), energy.alias(c.REACTION_ENERGY))
        )
    return pl.concat(found).unique(c.REACTION_ID).sort(c.REACTION_ID)


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reactions", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("energies", type=Path, nargs="+")
    arguments = parser.parse_args()
    reactions = pl.read_parquet(arguments.reactions)
    energies = energies_of(arguments.energies)
    if all(path.suffix == ".parquet" for path in arguments.energies):
        table = reactions.join(energies, c.REACTION_ID, "left", maintain_order="left")
    else:
        # The lines of molecules have other names.
        table = energies.join(reactions.select(c.REACTION_ID), c.REACTION_ID, "semi")
    table.write_parquet(arguments.out)
    print(f"{table[c.REACTION_ENERGY].count()} reaction energies")


if __name__ == "__main__":
    main()

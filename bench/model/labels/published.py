"""Barriers of textbook reactions beside published ones, without correction and with it.

    python bench/model/labels/published.py [published_ions.csv | published_molecules.csv]
        [--weights DIR]

Those of `published_radicals.csv`, in kcal/mol without zero-point energy, are of coupled cluster (W4
and W2-F12) from the set BH76: Zhao, González-García and Truhlar, J. Phys. Chem. A 2005, 109, 2012;
Goerigk and others, Phys. Chem. Chem. Phys. 2017, 19, 32184. Those of `published_ions.csv`, above
the molecules apart, are by focal-point extrapolation: Gonzales, Allen and Schaefer, J. Phys. Chem.
A 2005, 109, 10613. Those of `published_molecules.csv` are of the sets BH28 (CCSDT(Q): Karton, J.
Phys. Chem. A 2019, 123, 6720) and, for hydrogen cyanide, DBH24 (W4: Zheng, Zhao and Truhlar, J.
Chem. Theory Comput. 2009, 5, 808). Every reaction is run from its SMILES; that of the other
direction, where it is known, is the reverse barrier of the same run.
"""

import argparse
import tempfile
from pathlib import Path

import polars as pl

from tscreen.schemas import columns as c
from tscreen.screen.dataset.output import read_results
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import EngineName, Settings
from tscreen.screen.runs.run import run

FOLDER = Path(__file__).parent
BOTH = {c.BARRIER: "published", c.REVERSE_BARRIER: "published_reverse"}
INTERVAL = (c.BARRIER_ML_LOW, c.BARRIER_ML_HIGH)
LEVELS = ("gfn2-xtb", "gfn2-xtb+delta")


def barriers(table: Path, level: str, weights: Path | None) -> pl.DataFrame:
    """Status and both barriers of each reaction by a run on one level."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        local = EngineName.LOCAL
        run(Settings(input=table, out=out, weights=weights, level=level, engine=local), Show())
        told = (c.REACTION_ID, c.STATUS, c.VERIFIED, c.ENERGY_LEVEL, *BOTH)
        chosen = (*told, *INTERVAL, c.BARRIER_ML_LEVEL)
        return read_results(out).select(chosen).collect()


def main() -> None:
    """Print the reactions, then the errors of those that end verified."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="?", default="published_radicals.csv")
    parser.add_argument("--weights", type=Path)
    arguments = parser.parse_args()
    table = FOLDER / arguments.table
    pl.Config.set_tbl_rows(-1).set_tbl_cols(-1).set_tbl_width_chars(140).set_float_precision(1)
    for level in LEVELS:
        own = barriers(table, level, arguments.weights)
        found = pl.read_csv(table).drop("smiles").join(own, on=c.REACTION_ID)
        print(found.drop(*INTERVAL, c.BARRIER_ML_LEVEL))
        good = found.filter(c.VERIFIED)
        off = pl.concat([(good[own] - good[known]).abs() for own, known in BOTH.items()])
        told = f"{off.mean():.1f} in the mean, {off.median():.1f} in the median"
        print(f"{level}: {len(good)} of {len(found)} verified, their barriers off by {told}")
        electronic = ~pl.col(c.BARRIER_ML_LEVEL).str.ends_with(c.WITH_ZERO_POINT)
        known = good.drop_nulls(INTERVAL).filter(pl.col(INTERVAL[0]).is_finite(), electronic)
        held = known["published"].is_between(known[INTERVAL[0]], known[INTERVAL[1]])
        print(f"intervals of forward barriers, where electronic, hold {held.sum()} of {len(held)}")


if __name__ == "__main__":
    main()

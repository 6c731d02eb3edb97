"""How many steps of a network are found again, each searched anew from its own row.

    tscreen explore khp.smi --out net --max-barrier 90 --molecules 1     # khp.smi: O=CCCOO
    python bench/screen/networks/again.py net again

The second folder gets the rows and their run; asked again, it counts without searching.
"""

import sys
from pathlib import Path

import polars as pl

from tscreen.schemas import columns as c
from tscreen.screen.dataset.output import read_results
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import EngineName, Settings
from tscreen.screen.networks.found import found_in
from tscreen.screen.networks.queue import pair_of
from tscreen.screen.networks.tables import read_steps
from tscreen.screen.runs.run import run
from tscreen.screen.storage.location import Location

TOLD = (c.CONNECTS, c.ERROR_CODE, c.BARRIER)


def main() -> None:
    """Print the share, and what became of the others."""
    net, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(exist_ok=True)
    rows, out = folder / "rows.parquet", folder / "out"
    steps = pl.DataFrame(read_steps(net))
    own = [c.SMILES, c.REACTANTS, c.PRODUCTS, c.GENERATION, c.FOUND_BY]
    if not rows.exists():
        steps.drop(own).rename({c.TS_POSITIONS: c.TS_GUESS}).write_parquet(rows)
    run(Settings(str(rows), str(out), engine=EngineName.LOCAL), Show())

    found_by = dict(zip(steps[c.REACTION_ID], steps[c.FOUND_BY], strict=True))
    found = found_in(Location.at(out), 1, found_by, {})
    again = {
        step[c.REACTION_ID]: pair_of(step[c.REACTANTS], step[c.PRODUCTS]) for step in found.steps
    }
    asked = {
        step[c.REACTION_ID]: pair_of(step[c.REACTANTS], step[c.PRODUCTS])
        for step in steps.to_dicts()
    }
    same = [name for name, pair in asked.items() if again.get(name) == pair]
    print(f"{len(same)} of {len(asked)} steps again ({len(same) / len(asked):.1%})")
    results = {row[c.REACTION_ID]: row for row in read_results(out).collect().to_dicts()}
    for name in asked.keys() - set(same):
        print(name, asked[name], *(results.get(name, {}).get(told) for told in TOLD))


if __name__ == "__main__":
    main()

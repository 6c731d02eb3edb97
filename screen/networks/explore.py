"""One exploration: generation after generation of steps is thought of, searched and verified."""

import json
import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import polars as pl

from tscreen.actors.exploring.stage import DriveStage, MoleculeStage
from tscreen.schemas import columns as c
from tscreen.schemas.version import VERSION
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.stages import level_of
from tscreen.screen.errors import UsageError
from tscreen.screen.networks.asked import Asked
from tscreen.screen.networks.driving import driven_ends
from tscreen.screen.networks.found import (
    OTHER_END,
    Cells,
    FoundByRun,
    as_input,
    found_in,
    lowest,
)
from tscreen.screen.networks.kept import Rows
from tscreen.screen.networks.molecules import molecules
from tscreen.screen.networks.network import Network
from tscreen.screen.networks.queue import (
    ENUMERATED,
    PROPOSED,
    Frontier,
    Pair,
    pair_of,
    queue,
)
from tscreen.screen.networks.start import read_start
from tscreen.screen.networks.tables import write_network
from tscreen.screen.runs.run import run
from tscreen.screen.storage.location import Location
from tscreen.screen.storage.lock import locked
from tscreen.screen.storage.parquet import as_parquet, read_parquet

if TYPE_CHECKING:  # it brings torch along
    from tscreen.actors.exploring.proposing import Proposer

PLAN = "explore.json"
BATCH = 16
"""Enumerated steps that are searched together: between batches the budget is looked at."""
WAYS = (ENUMERATED, PROPOSED, OTHER_END)
"""How steps are thought of."""
FREE = ("start", "out", "depth", "max_reactions", "max_minutes")
"""What may differ when an exploration goes on; what the file of the start holds may not."""


def explore(asked: Asked, show: Show) -> dict[str, Any]:
    """Grow a network from the molecules of a file, or go on with it.

    Returns:
        What was done, with the counts of both tables.

    Raises:
        UsageError: the settings cannot be met, or the folder holds another network.
        BrokenOffError: a worker failed for a reason that lies in no row.
    """
    start, left_out = read_start(asked.start, asked.max_atoms)
    for told in left_out:
        show.say(told)
    net = Location.at(asked.out)
    _begin(net, asked, start)
    with locked(net):
        return Exploration(net, asked, start, show).report() | {"left_out": left_out}


def _begin(net: Location, asked: Asked, start: list[str]) -> None:
    settings = {name: v for name, v in asdict(asked).items() if name not in FREE}
    plan = json.loads(json.dumps({"version": VERSION, "start": start} | settings, default=str))
    if not (net / PLAN).exists():
        net.put_where_told(PLAN, (json.dumps(plan, indent=2) + "\n").encode())
        return
    before = (net / PLAN).read_json()
    for name in plan:
        if before.get(name) != plan[name]:
            raise UsageError(
                f"'{net}' holds another network: {name} was {before.get(name)} and is {plan[name]};"
                " give another --out, or the settings of that one"
            )


class Exploration:
    """An exploration at work in its folder, from which all that is done already is read."""

    def __init__(self, net: Location, asked: Asked, start: list[str], show: Show) -> None:
        self._net, self._asked, self._show = net, asked, show
        self._began = time.monotonic()
        self._start, self._network = start, Network(start)
        self._searched = 0
        self._tried: set[Pair] = set()
        self._ends_tried: set[Pair] = set()
        self._open: list[Cells] = []
        self._ended = "the depth was reached"
        settings = asked.settings("", "")
        weights, solvent = settings.weights, settings.solvent
        self._rough = MoleculeStage(settings.seed)
        self._fine = MoleculeStage(
            settings.seed, level_of(settings), settings.temperature, weights, solvent
        )
        self._drive = DriveStage(level_of(settings), settings.search_timeout, weights, solvent)

    def report(self) -> dict[str, Any]:
        """Explore, and tell what came of it."""
        self._write()
        done: set[str] = set()
        for generation in range(1, self._asked.depth + 1):
            reached = self._network.climbed(self._asked.max_barrier)
            new = {name: top for name, top in reached.items() if name not in done}
            if not new:
                self._ended = "no molecule is left to go on from"
                break
            if not self._generation(generation, Frontier(new, self._start, set(self._tried))):
                break
            done |= new.keys()
        steps = self._network.steps.values()
        by = [step[c.FOUND_BY] for step in steps]
        return {
            "version": VERSION,
            "network": str(self._net),
            "ended": self._ended,
            "molecules": len(self._network.generations),
            "steps": len(by),
            "found_by": {name: by.count(name) for name in WAYS},
            "searches": self._searched,
            "total_s": time.monotonic() - self._began,
        }

    def _generation(self, generation: int, frontier: Frontier) -> bool:
        """Search the steps of a generation; whether its budget lasted."""
        if self._is_over():  # to think of steps and bound them takes minutes, too
            return False
        folder = self._net / f"generations/{generation}"
        steps = self._queue(folder, generation, frontier)
        self._tried |= {pair_of(*s) for s in steps.select(c.REACTANTS, c.PRODUCTS).iter_rows()}
        for at in range(0, len(steps), BATCH):
            whole = self._unknown(steps[at : at + BATCH])
            if whole.is_empty():
                continue
            if self._is_over():
                return False
            batch = whole[: self._left(BATCH)]
            self._show.say(
                f"generation {generation}: steps {at + 1} to {at + len(batch)} of {len(steps)}"
            )
            self._search(folder / f"{at:05}", generation, batch)
            if len(batch) < len(whole):
                return not self._is_over()
        return self._drive_again(folder / "again", generation)

    def _unknown(self, steps: pl.DataFrame) -> pl.DataFrame:
        """Those that no saddle point of an earlier batch has led to by chance."""
        sides = steps.select(c.REACTANTS, c.PRODUCTS).iter_rows()
        known = [pair_of(*pair) in self._network.steps for pair in sides]
        return steps.filter(~pl.Series(known, dtype=pl.Boolean))

    def _queue(self, folder: Location, generation: int, frontier: Frontier) -> pl.DataFrame:
        file = folder / "steps.parquet"
        if file.exists():
            return pl.DataFrame(read_parquet(file))
        found = queue(
            frontier, self._asked, generation, self._roughly, self._proposer(), self._show.say
        )
        folder.put(
            "steps.parquet", as_parquet(found.to_arrow(compat_level=pl.CompatLevel.oldest()))
        )
        return found

    def _proposer(self) -> "Proposer | None":
        """The model that proposes steps; None, and a sentence, where the weights have none."""
        from tscreen.actors.exploring.proposing import Proposer

        found = Proposer.load(self._fine.weights)
        if found is None:
            self._show.say(
                f"'{self._fine.weights}' has no network that proposes steps; train one by "
                "`tscreen train --part proposals`. All steps are enumerated"
            )
        return found

    def _search(self, folder: Location, generation: int, steps: pl.DataFrame) -> None:
        """Search a batch, drive what it leaves open, and search what all saddle points lead to."""
        table = steps.select(c.REACTION_ID, c.SMILES).write_csv()
        by = dict(steps.select(c.REACTION_ID, c.FOUND_BY).iter_rows())
        found = self._run(folder, "steps.csv", table.encode(), generation, by)
        self._open += found.left
        driven = self._driven(folder, found.left, attempt=0)
        self._search_ends(folder, generation, [*found.ends, *driven])

    def _drive_again(self, folder: Location, generation: int) -> bool:
        """Drive once more what is still open at the end of a generation; whether there was time."""
        known = self._network.steps
        rows = [r for r in self._open if pair_of(r[c.REACTANTS], r[c.PRODUCTS]) not in known]
        self._open = []
        if not rows:
            return True
        if self._is_over():
            return False
        self._show.say(f"generation {generation}: {len(rows)} steps that are left, driven again")
        self._search_ends(folder, generation, self._driven(folder, rows, attempt=1))
        return True

    def _search_ends(self, folder: Location, generation: int, ends: list[Cells]) -> None:
        """Search what saddle points have led to, from these."""
        ends = [row for row in lowest(ends) if self._is_new(row)][: self._left(len(ends))]
        if ends:
            data = as_parquet(as_input(ends, c.TS_GUESS))
            by = {row[c.REACTION_ID]: OTHER_END for row in ends}
            self._run(folder, "ends.parquet", data, generation, by)
        self._write()

    def _run(
        self, folder: Location, name: str, data: Any, generation: int, found_by: dict[str, str]
    ) -> FoundByRun:
        """Search reactions, take in what is verified, and return what came of them."""
        if not (folder / name).exists() or (folder / name).read() != bytes(data):
            folder.put(name, data)
        out = folder / name.partition(".")[0]
        run(self._asked.settings(str(folder / name), str(out)), self._show)
        self._searched += len(found_by)
        found = found_in(out, generation, found_by, self._network.generations)
        names = {n for step in found.steps for n in (*step[c.REACTANTS], *step[c.PRODUCTS])}
        self._network.add(found.steps, self._finely(names))
        return found

    def _driven(self, folder: Location, rows: list[Cells], attempt: int) -> list[Cells]:
        """Where the saddle points beside reactions lead, which no search has joined directly."""
        address = self._asked.of_runs.get("address")
        known = self._network.generations
        place = folder / "driven"
        return driven_ends(rows, attempt, self._drive, place, known, self._show, address)

    def _is_new(self, end: Cells) -> bool:
        """Whether ends have not been verified, or searched as ends, before."""
        pair = pair_of(end[c.REACTANTS], end[c.PRODUCTS])
        if pair in self._network.steps or pair in self._ends_tried:
            return False
        self._ends_tried.add(pair)
        return True

    def _write(self) -> None:
        names = self._network.generations
        rough, fine = self._roughly(names), self._finely(names)
        known = {n: _better(rough.get(n, {}), fine.get(n, {})) for n in names}
        write_network(self._net, *self._network.tables(known))

    def _roughly(self, names: Iterable[str]) -> Rows:
        return self._molecules(names, self._rough, "rough")

    def _finely(self, names: Iterable[str]) -> Rows:
        return self._molecules(names, self._fine, "fine")

    def _molecules(self, names: Iterable[str], stage: MoleculeStage, folder: str) -> Rows:
        address = self._asked.of_runs.get("address")
        return molecules(names, stage, self._net / f"molecules/{folder}", self._show, address)

    def _left(self, most: int) -> int:
        """How many searches the budget has left, up to so many."""
        if self._asked.max_reactions is None:
            return most
        return max(0, min(most, self._asked.max_reactions - self._searched))

    def _is_over(self) -> bool:
        """Whether the budget is used up; says so."""
        minutes = (time.monotonic() - self._began) / 60
        if not self._left(1):
            self._ended = f"{self._searched} searches were made, the most that were asked for"
        elif self._asked.max_minutes is not None and minutes >= self._asked.max_minutes:
            self._ended = f"{self._asked.max_minutes:g} minutes were over"
        else:
            return False
        return True


def _better(rough: Cells, fine: Cells) -> Cells:
    return fine if fine.get(c.MOLECULE_ENERGY) is not None else rough

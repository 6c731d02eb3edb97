"""A network as it grows: its steps, what they cost, and which molecules are reached."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.schemas.tables import MOLECULE_FIELDS, STEP_FIELDS
from tscreen.schemas.units import KCAL_MOL
from tscreen.screen.networks.found import Cells
from tscreen.screen.networks.kept import Rows
from tscreen.screen.networks.queue import Pair, pair_of


class Network:
    """The molecules and the verified steps of an exploration.

    Attributes:
        generations: of the molecules, by name.
        steps: the lowest for each pair of sides.
    """

    def __init__(self, start: Iterable[str]) -> None:
        self.generations: dict[str, int] = dict.fromkeys(start, 0)
        self.steps: dict[Pair, Cells] = {}

    def add(self, steps: Iterable[Cells], molecules: Rows) -> None:
        """Take verified steps in, with energies that all molecules of the network share.

        Args:
            steps: as `found.found_in` gives them.
            molecules: energies of all their molecules at the level of the searches.
        """
        for step in steps:
            step = step | _energies(step, molecules)
            if step[c.BARRIER] is None:
                continue
            pair = pair_of(step[c.REACTANTS], step[c.PRODUCTS])
            known = self.steps.get(pair)
            if known is None or step[c.BARRIER] < known[c.BARRIER]:
                self.steps[pair] = step
            for name in (*step[c.REACTANTS], *step[c.PRODUCTS]):
                self.generations.setdefault(name, step[c.GENERATION])

    def climbed(self, limit: float) -> dict[str, float]:
        """The highest barrier on the best way to each molecule that is reached, in kcal/mol.

        Args:
            limit: steps with a higher barrier lead nowhere.
        """
        reached = {name: 0.0 for name, generation in self.generations.items() if not generation}
        ways = [
            way
            for step in self.steps.values()
            for way in (
                (step[c.REACTANTS], step[c.PRODUCTS], step[c.BARRIER]),
                (step[c.PRODUCTS], step[c.REACTANTS], step[c.REVERSE_BARRIER]),
            )
            if way[2] <= limit
        ]
        changed = True
        while changed:
            changed = False
            for here, there, barrier in ways:
                top = max([barrier, *(reached.get(name, math.inf) for name in here)])
                for name in there:
                    if top < reached.get(name, math.inf):
                        reached[name], changed = top, True
        return reached

    def tables(self, molecules: Rows) -> tuple[pa.Table, pa.Table]:
        """Both tables, as they are written."""
        rows: list[dict[str, Any]] = [
            {name: molecules.get(molecule, {}).get(name) for name in c.MOLECULE_ROW}
            | {c.MOLECULE: molecule, c.CHARGE: 0, c.MULTIPLICITY: 1, c.GENERATION: generation}
            for molecule, generation in sorted(self.generations.items(), key=lambda m: m[::-1])
        ]
        steps = sorted(self.steps.values(), key=lambda s: (s[c.GENERATION], s[c.REACTION_ID]))
        cells = [{name: step.get(name) for name in c.STEP_ROW} for step in steps]
        return (
            pa.Table.from_pylist(rows, schema=MOLECULE_FIELDS),
            pa.Table.from_pylist(cells, schema=STEP_FIELDS),
        )


def _energies(step: Cells, molecules: Rows) -> Cells:
    """Barriers and reaction energies over the lowest conformers that are known of both sides.

    So the energies of all steps fit each other, and those around a cycle sum up to nothing. Where
    the saddle point was found at another level than the molecules, they stay as the run has them,
    or there are none if it kept the generated TS.
    """
    sides = [[molecules.get(name, {}) for name in step[side]] for side in (c.REACTANTS, c.PRODUCTS)]
    levels = {one.get(c.ENERGY_LEVEL) for side in sides for one in side}
    if levels != {step[c.ENERGY_LEVEL]}:
        kept = step[c.STATUS] in ("refined", "xtb")
        return {} if kept else dict.fromkeys((c.BARRIER, c.REVERSE_BARRIER, c.REACTION_ENERGY))
    reactant, product = (_sum(side, c.MOLECULE_ENERGY) for side in sides)
    free, freed = (_sum(side, c.MOLECULE_GIBBS) for side in sides)
    return {
        c.BARRIER: _difference(step[c.CANDIDATE_ENERGY], reactant),
        c.REVERSE_BARRIER: _difference(step[c.CANDIDATE_ENERGY], product),
        c.REACTION_ENERGY: _difference(product, reactant),
        c.GIBBS_BARRIER: _difference(step[c.CANDIDATE_GIBBS], free),
        c.GIBBS_REACTION_ENERGY: _difference(freed, free),
    }


def _sum(side: Iterable[Mapping[str, Any]], name: str) -> float | None:
    cells = [one[name] for one in side]
    return None if None in cells else sum(cells)


def _difference(high: float | None, low: float | None) -> float | None:
    return None if high is None or low is None else (high - low) / KCAL_MOL

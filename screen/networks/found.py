"""What a run says of a network: steps that are verified, and saddle points that lead elsewhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.schemas.reaction import positions_array
from tscreen.schemas.tables import POSITIONS, TYPES
from tscreen.screen.dataset.output import read_candidates, read_results
from tscreen.screen.networks.queue import Pair, pair_of
from tscreen.screen.storage.location import Location

Cells = dict[str, Any]
Sides = tuple[tuple[str, ...], tuple[str, ...]]
"""The names of the molecules of reactant and product."""

OTHER_END = "other-end"


@dataclass(frozen=True)
class FoundByRun:
    """What came of one run.

    Attributes:
        steps: verified ones, with the columns `STEP_ROW` as far as the run tells them, and the
            energies of the saddle point.
        ends: rows for a further run, whose sides are the ends of saddle points that lead
            elsewhere than intended.
        left: rows of the results whose sides no saddle point joins directly.
    """

    steps: list[Cells]
    ends: list[Cells]
    left: list[Cells]


def found_in(
    run: Location, generation: int, found_by: Mapping[str, str], known: Mapping[str, int]
) -> FoundByRun:
    """The steps of a finished run, and where else its saddle points lead.

    Args:
        run: its folder.
        generation: that it belongs to.
        found_by: how its reactions were thought of, by `reaction_id`.
        known: generations of the molecules that are known.
    """
    saddles: dict[str, list[Cells]] = {}
    for cells in read_candidates(run).sort(c.REACTION_ID, c.CANDIDATE_RANK).collect().to_dicts():
        saddles.setdefault(cells[c.REACTION_ID], []).append(cells)
    steps: list[Cells] = []
    ends: list[Cells] = []
    left: list[Cells] = []
    for row in read_results(run).sort(c.REACTION_ID).collect().to_dicts():
        sides = _sides(row)
        before = len(steps)
        for saddle in saddles.get(row[c.REACTION_ID], []):
            leads_to = _ends(row, saddle, sides)
            if leads_to is None or leads_to[0] == leads_to[1]:
                continue
            if saddle[c.VERIFIED] and sides is not None and pair_of(*sides) == pair_of(*leads_to):
                if saddle[c.CANDIDATE_RANK] == 1:
                    way = found_by[row[c.REACTION_ID]]
                    steps.append(_step(row, saddle, sides, generation, way))
            else:
                name = f"{row[c.REACTION_ID]}-end-{saddle[c.CANDIDATE_RANK]}"
                ends.append(_end_row(row, saddle, leads_to, known, name))
        if len(steps) == before and sides is not None:
            left.append(row | {c.REACTANTS: sides[0], c.PRODUCTS: sides[1]})
    return FoundByRun(steps, ends, left)


def ends_of_driven(
    row: Cells, saddle: Cells, known: Mapping[str, int], attempt: str
) -> list[Cells]:
    """The reaction between both ends of a saddle point beside a reaction, if they are two.

    Args:
        row: the reaction that was driven.
        saddle: what came of it, with the columns of a `DriveStage`.
        known: generations of the molecules that are known.
        attempt: its name.
    """
    if saddle[c.TS_POSITIONS] is None:
        return []
    leads_to = _named_ends(row, saddle)
    if leads_to is None or leads_to[0] == leads_to[1]:
        return []
    name = f"{row[c.REACTION_ID]}-{attempt}"
    return [_end_row(row, saddle, leads_to, known, name)]


def lowest(ends: Iterable[Cells]) -> list[Cells]:
    """The rows with the lowest saddle point for each pair of sides, in the order given."""
    best: dict[Pair, Cells] = {}
    for end in ends:
        pair = pair_of(end[c.REACTANTS], end[c.PRODUCTS])
        if pair not in best or end[c.CANDIDATE_ENERGY] < best[pair][c.CANDIDATE_ENERGY]:
            best[pair] = end
    return list(best.values())


def _sides(row: Cells) -> Sides | None:
    """The molecules of reactant and product; None where one has no name or both are the same."""
    from tscreen.actors.exploring.graphs import graph_of_structure, names_of

    numbers = np.array(row[c.ATOMIC_NUMBERS])
    names = []
    for positions, fragments in (
        (c.REACTANT_POSITIONS, c.REACTANT_FRAGMENTS),
        (c.PRODUCT_POSITIONS, c.PRODUCT_FRAGMENTS),
    ):
        fragment, where = np.array(row[fragments]), np.array(row[positions])
        parts = [fragment == one for one in np.unique(fragment)]
        found = [names_of(graph_of_structure(numbers[part], where[part])) for part in parts]
        if None in found:
            return None
        names.append(tuple(sorted(name for part in found if part for name in part)))
    return None if names[0] == names[1] else (names[0], names[1])


def _ends(row: Cells, saddle: Cells, sides: Sides | None) -> Sides | None:
    """The molecules that the ways down lead to; None where those of one have no name."""
    from tscreen.actors.saddles.irc import JOINED

    return sides if saddle[c.CONNECTS] == JOINED else _named_ends(row, saddle)


def _named_ends(row: Cells, saddle: Cells) -> Sides | None:
    """The molecules at one end and at the other, by their structures."""
    from tscreen.actors.exploring.graphs import graph_of_structure, names_of

    numbers = np.array(row[c.ATOMIC_NUMBERS])
    one, other = (
        names_of(graph_of_structure(numbers, np.array(saddle[name])))
        for name in (c.END_POSITIONS, c.OTHER_END_POSITIONS)
    )
    return None if one is None or other is None else (one, other)


def _step(row: Cells, saddle: Cells, sides: Sides, generation: int, found_by: str) -> Cells:
    told = {name: row.get(name) for name in c.STEP_ROW if name in row}
    return told | {
        c.REACTANTS: sides[0],
        c.PRODUCTS: sides[1],
        c.GENERATION: generation,
        c.FOUND_BY: found_by,
        c.SMILES: row.get(c.SMILES),
        c.TS_POSITIONS: saddle[c.TS_POSITIONS],
        c.STATUS: row[c.STATUS],
        c.CANDIDATE_ENERGY: saddle[c.CANDIDATE_ENERGY],
        c.CANDIDATE_GIBBS: saddle[c.CANDIDATE_GIBBS],
        c.ENERGY_LEVEL: saddle[c.ENERGY_LEVEL],
    }


def _end_row(
    row: Cells, saddle: Cells, leads_to: Sides, known: Mapping[str, int], name: str
) -> Cells:
    """A reaction between both ends, from the one whose molecules were known first."""
    from tscreen.schemas.bonds import fragments_of

    numbers = np.array(row[c.ATOMIC_NUMBERS], np.uint8)
    ends = [
        (_known_since(names, known), names, np.array(saddle[positions]))
        for names, positions in zip(leads_to, (c.END_POSITIONS, c.OTHER_END_POSITIONS), strict=True)
    ]
    first, second = sorted(ends, key=lambda end: end[:2])
    return {
        c.REACTION_ID: name,
        c.REACTANTS: first[1],
        c.PRODUCTS: second[1],
        c.ATOMIC_NUMBERS: numbers,
        c.REACTANT_POSITIONS: first[2],
        c.PRODUCT_POSITIONS: second[2],
        c.REACTANT_FRAGMENTS: fragments_of(numbers, first[2]),
        c.PRODUCT_FRAGMENTS: fragments_of(numbers, second[2]),
        c.CHARGE: row[c.CHARGE],
        c.MULTIPLICITY: row[c.MULTIPLICITY],
        c.TS_GUESS: np.array(saddle[c.TS_POSITIONS]),
        c.CANDIDATE_ENERGY: saddle[c.CANDIDATE_ENERGY],
    }


def _known_since(names: tuple[str, ...], known: Mapping[str, int]) -> float:
    return max(known.get(name, float("inf")) for name in names)


def as_input(rows: list[Cells], *more: str) -> pa.Table:
    """Rows of reactions as a table that a run reads, with further columns of it."""
    names = [*c.REQUIRED, *more]
    columns = {name: [row[name] for row in rows] for name in names}
    return pa.table(
        {
            name: positions_array(cells)
            if TYPES[name] == POSITIONS
            else pa.array(cells, TYPES[name])
            for name, cells in columns.items()
        }
    )

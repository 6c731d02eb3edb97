"""The steps of one generation that are worth a search, the most promising first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from tscreen.schemas import columns as c
from tscreen.schemas.units import KCAL_MOL
from tscreen.screen.networks.asked import Asked
from tscreen.screen.networks.kept import Rows

if TYPE_CHECKING:  # it brings RDKit along
    from tscreen.actors.exploring.enumeration import PossibleStep
    from tscreen.actors.exploring.graphs import MolecularGraph

MOST_WAYS = 200_000
"""Ways to break and form bonds that are looked at for each molecule, or pair of molecules."""
OF_A_CHANGE = 10.0
"""kcal/mol that a bond more to break or form counts for among steps of one reaction energy."""

Pair = tuple[tuple[str, ...], tuple[str, ...]]
"""The two sets of molecules that a step joins, the smaller one first."""

QUEUE: dict[str, Any] = {
    c.REACTION_ID: pl.String,
    c.SMILES: pl.String,
    c.REACTANTS: pl.List(pl.String),
    c.PRODUCTS: pl.List(pl.String),
    c.REACTION_ENERGY: pl.Float64,
    c.N_BOND_CHANGES: pl.Int32,
}

Meeting = tuple[str, ...]
"""Molecules that react together: one or two."""

Compute = Callable[[Iterable[str]], Rows]
"""Rough structures and energies of molecules."""


class Frontier(NamedTuple):
    """What a generation starts from.

    Attributes:
        new: molecules that no step was thought of for, by the highest barrier on the best way
            there, in kcal/mol.
        partners: molecules that they may meet, those of the start.
        tried: what has been searched before.
    """

    new: Mapping[str, float]
    partners: Sequence[str]
    tried: set[Pair]


def pair_of(one: Iterable[str], other: Iterable[str]) -> Pair:
    """The sets of molecules that a step joins, whichever way it goes."""
    first, second = sorted((tuple(sorted(one)), tuple(sorted(other))))
    return first, second


def queue(
    frontier: Frontier, asked: Asked, generation: int, compute: Compute, say: Callable[[str], None]
) -> pl.DataFrame:
    """The steps of a generation whose reaction energy is not above the limit.

    Those come first that start at molecules that were reached over low barriers and have a low
    reaction energy and few bond changes.
    """
    from tscreen.actors.exploring.graphs import graph_of
    from tscreen.actors.exploring.writing import mapped_smiles

    found: dict[Pair, tuple[float, Meeting, MolecularGraph, PossibleStep]] = {}
    for reactants, climbed in _meetings(frontier, asked):
        graph = graph_of(reactants[0])
        for other in reactants[1:]:
            graph = graph.beside(graph_of(other))
        if len(graph.numbers) > asked.max_atoms:
            say(f"{' + '.join(reactants)}: more than {asked.max_atoms} atoms; left out")
            continue
        for step in _steps(reactants, graph, asked, say):
            pair = pair_of(reactants, step.products)
            if pair not in frontier.tried and pair not in found:
                found[pair] = climbed, reactants, graph, step
    named = {name for pair in found for side in pair for name in side}
    say(f"generation {generation}: {len(found)} steps to {len(named)} molecules are possible")
    known = compute(named)
    rows = []
    for climbed, reactants, graph, step in found.values():
        energy = _reaction_energy(reactants, step.products, known)
        if energy is not None and energy <= asked.max_barrier:
            structure = np.concatenate([known[one][c.MOLECULE_POSITIONS] for one in reactants])
            smiles = mapped_smiles(graph, step, structure)
            cells = ("", smiles, reactants, step.products, energy, step.changes)
            rows.append((max(climbed, 0.0) + energy + OF_A_CHANGE * step.changes, cells))
    rows.sort(key=lambda row: (row[0], row[1][1]))
    say(f"generation {generation}: {len(rows)} of them need at most {asked.max_barrier:g} kcal/mol")
    frame = pl.DataFrame([cells for _, cells in rows], schema=QUEUE, orient="row")
    names = [f"{generation}-{number:04}" for number in range(1, len(frame) + 1)]
    return frame.with_columns(pl.Series(c.REACTION_ID, names, dtype=pl.String))


def _meetings(frontier: Frontier, asked: Asked) -> list[tuple[Meeting, float]]:
    """New molecules alone, then each with every partner; and the barrier on the way there."""
    meetings: list[tuple[Meeting, float]] = [
        ((name,), climbed) for name, climbed in frontier.new.items()
    ]
    if asked.molecules == 1:
        return meetings
    pairs = {
        tuple(sorted((name, other))): climbed
        for name, climbed in frontier.new.items()
        for other in frontier.partners
    }
    return [*meetings, *sorted(pairs.items())]


def _steps(
    reactants: Meeting, graph: "MolecularGraph", asked: Asked, say: Callable[[str], None]
) -> list["PossibleStep"]:
    from tscreen.actors.exploring.enumeration import BondLimits, Enumeration

    enumeration = Enumeration(graph, BondLimits(asked.broken, asked.formed))
    ways = len(enumeration)
    if ways > MOST_WAYS:
        say(
            f"{' + '.join(reactants)}: {ways:,} ways to break and form bonds; the {MOST_WAYS:,} "
            "with the fewest changes are looked at"
        )
    return enumeration.steps(MOST_WAYS)


def _reaction_energy(
    reactants: Iterable[str], products: Iterable[str], known: Rows
) -> float | None:
    """GFN2-xTB, kcal/mol; None where a molecule is no minimum or has no energy."""
    sides: list[list[Any]] = [
        [known.get(name, {}).get(c.MOLECULE_ENERGY) for name in side]
        for side in (reactants, products)
    ]
    before, after = sides
    if None in before or None in after:
        return None
    return (sum(after) - sum(before)) / KCAL_MOL

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
    from tscreen.actors.exploring.proposing import Proposer

MOST_WAYS = 200_000
"""Ways to break and form bonds that are looked at for each molecule, or pair of molecules."""
OF_LIKELIHOOD = 10.0
"""kcal/mol of reaction energy that a step e times as probable makes up for."""
OF_A_CHANGE = 10.0
"""kcal/mol that a bond more to break or form counts for, where the model cannot rate all steps."""

Pair = tuple[tuple[str, ...], tuple[str, ...]]
"""The two sets of molecules that a step joins, the smaller one first."""

QUEUE: dict[str, Any] = {
    c.REACTION_ID: pl.String,
    c.SMILES: pl.String,
    c.REACTANTS: pl.List(pl.String),
    c.PRODUCTS: pl.List(pl.String),
    c.REACTION_ENERGY: pl.Float64,
    c.N_BOND_CHANGES: pl.Int32,
    c.FOUND_BY: pl.String,
}

ENUMERATED, PROPOSED = "enumerated", "proposed"
"""How a step was thought of."""

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


class _Origin(NamedTuple):
    """Where steps begin.

    Attributes:
        reactants: names of the molecules.
        climbed: the highest barrier on the best way there, kcal/mol.
        graph: of all of them.
        structure: of all of them, on top of each other (N, 3), Å.
    """

    reactants: Meeting
    climbed: float
    graph: "MolecularGraph"
    structure: np.ndarray


class Thought(NamedTuple):
    """A step that was thought of.

    Attributes:
        step: it.
        found_by: how, `ENUMERATED` or `PROPOSED`.
        log_probability: by the model; None where it has no say.
    """

    step: "PossibleStep"
    found_by: str
    log_probability: float | None


def pair_of(one: Iterable[str], other: Iterable[str]) -> Pair:
    """The sets of molecules that a step joins, whichever way it goes."""
    first, second = sorted((tuple(sorted(one)), tuple(sorted(other))))
    return first, second


def queue(
    frontier: Frontier,
    asked: Asked,
    generation: int,
    compute: Compute,
    proposer: "Proposer | None",
    say: Callable[[str], None],
) -> pl.DataFrame:
    """The steps of a generation whose reaction energy is not above the limit.

    Those come first that start at molecules that were reached over low barriers, go little uphill
    and are what the model would propose; see `_difficulty`.

    Args:
        frontier: what the generation starts from.
        asked: of the exploration.
        generation: number of it.
        compute: see `Compute`.
        proposer: the model that proposes and rates steps, if there is one.
        say: is told what was found.
    """
    from tscreen.actors.exploring.writing import mapped_smiles

    found: dict[Pair, tuple[_Origin, Thought]] = {}
    meetings = _meetings(frontier, asked)
    structures = compute({one for reactants, _ in meetings for one in reactants})
    for reactants, climbed in meetings:
        structure = _structure(reactants, structures)
        if structure is None:
            continue
        origin = _Origin(reactants, climbed, _together(reactants), structure)
        if len(structure) > asked.max_atoms:
            say(f"{' + '.join(reactants)}: more than {asked.max_atoms} atoms; left out")
            continue
        for thought in _thoughts(origin, asked, proposer, say):
            pair = pair_of(reactants, thought.step.products)
            if pair not in frontier.tried and pair not in found:
                found[pair] = origin, thought
    named = {name for pair in found for side in pair for name in side}
    say(f"generation {generation}: {len(found)} steps to {len(named)} molecules are possible")
    known = compute(named)
    rows = []
    difficulty = _difficulty(thought for _, thought in found.values())
    for origin, thought in found.values():
        step = thought.step
        energy = _reaction_energy(origin.reactants, step.products, known)
        if energy is not None and energy <= asked.max_barrier:
            smiles = mapped_smiles(origin.graph, step, origin.structure)
            cells = ("", smiles, origin.reactants, step.products, energy, step.changes)
            # What is released says little: steps of carbenes would come before all others.
            cost = max(origin.climbed, 0.0) + max(energy, 0.0) + difficulty(thought)
            rows.append((cost, (*cells, thought.found_by)))
    rows.sort(key=lambda row: (row[0], row[1][4], row[1][1]))
    say(f"generation {generation}: {len(rows)} of them need at most {asked.max_barrier:g} kcal/mol")
    frame = pl.DataFrame([cells for _, cells in rows], schema=QUEUE, orient="row")
    names = [f"{generation}-{number:04}" for number in range(1, len(frame) + 1)]
    return frame.with_columns(pl.Series(c.REACTION_ID, names, dtype=pl.String))


def _together(reactants: Meeting) -> "MolecularGraph":
    from tscreen.actors.exploring.graphs import graph_of

    graph = graph_of(reactants[0])
    for other in reactants[1:]:
        graph = graph.beside(graph_of(other))
    return graph


def _structure(reactants: Meeting, known: Rows) -> np.ndarray | None:
    """Of all molecules, on top of each other (N, 3), Å; None where one could not be built."""
    parts: list[Any] = [known.get(one, {}).get(c.MOLECULE_POSITIONS) for one in reactants]
    return None if None in parts else np.concatenate(parts)


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


def _thoughts(
    origin: _Origin, asked: Asked, proposer: "Proposer | None", say: Callable[[str], None]
) -> "list[Thought]":
    """The enumerated steps, and those that the model proposes besides."""
    from tscreen.actors.exploring.enumeration import BondLimits, Enumeration

    enumeration = Enumeration(origin.graph, BondLimits(asked.broken, asked.formed))
    ways = len(enumeration)
    if ways > MOST_WAYS:
        say(
            f"{' + '.join(origin.reactants)}: {ways:,} ways to break and form bonds; the "
            f"{MOST_WAYS:,} with the fewest changes are looked at"
        )
    steps = enumeration.steps(MOST_WAYS)
    if proposer is None or not proposer.card.covers(origin.graph.numbers):
        return [Thought(step, ENUMERATED, None) for step in steps]
    rated, others = proposer.rated(enumeration, steps, origin.structure, asked.proposed)
    return [
        Thought(one.step, found_by, one.log_probability)
        for found_by, some in ((ENUMERATED, rated), (PROPOSED, others))
        for one in some
    ]


def _difficulty(thoughts: Iterable[Thought]) -> Callable[[Thought], float]:
    """How far a step is taken to lie behind others of one reaction energy, kcal/mol.

    By the model, if it can rate all of these, else by the bonds that change: the two do not mix.
    """
    if any(thought.log_probability is None for thought in thoughts):
        return lambda thought: OF_A_CHANGE * thought.step.changes
    return lambda thought: -OF_LIKELIHOOD * (thought.log_probability or 0.0)


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

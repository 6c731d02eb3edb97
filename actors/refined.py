"""What a search on a corrected surface has to say of the saddle point that it has found."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from ase import units

from tscreen.actors.conformers.saddles import Ranked
from tscreen.actors.saddles.irc import JOINED, STEPWISE
from tscreen.actors.saddles.ladder import Found
from tscreen.actors.saddles.trace import trace
from tscreen.actors.verified import Searched
from tscreen.actors.workers.cells import Answer, known
from tscreen.model.correction.refined import RefinedView
from tscreen.model.reactions.superposition import deviation
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction
from tscreen.schemas.units import KCAL_MOL


class Generated(NamedTuple):
    """The TS that the model has generated: positions (N, 3) in Å, and what it says of them."""

    positions: np.ndarray
    p_good: float
    expected_rmsd: float


def view_of(reaction: Reaction, searched: Searched, generated: Generated) -> RefinedView:
    """What `refined.estimate_refined` wants to know of a search that has come to a profile."""
    found, profile, seen = searched.chosen, searched.profile, searched.correction
    first = searched.climb.found
    assert found is not None, "a search with a profile has found something"
    assert first is not None, "what was chosen was found first, or after it"
    assert profile is not None, "only of a search with a profile"
    assert seen is not None, "on a corrected surface the committee is asked"
    electronic = profile.saddle.electronic - profile.reactant.electronic
    return RefinedView(
        force_spread=seen.force_spread,
        barrier_spread=seen.barrier_spread,
        moved=deviation(found.saddle.positions, generated.positions),
        p_good=generated.p_good,
        expected_rmsd=generated.expected_rmsd,
        route_length=len(searched.climb.route),
        stepwise=found.connects == STEPWISE,
        frequency_cm1=found.saddle.frequency_cm1,
        barrier=(electronic + float(np.mean(seen.zero_point))) / KCAL_MOL,
        several_reactants=reaction.several_reactants,
        lower=found is not first,
    )


def trust_columns(searched: Searched, generated: Generated) -> Answer:
    """The columns that tell what became of the correction, null where none was asked for."""
    seen, found = searched.correction, searched.chosen
    return {
        c.REFINEMENT_RMSD: found and deviation(found.saddle.positions, generated.positions),
        c.FORCE_DISAGREEMENT: seen and known(seen.force_spread),
        c.BARRIER_DISAGREEMENT: seen and known(seen.barrier_spread),
        c.CORRECTION_OFF: None if seen is None else seen.switched_off,
        c.SIDES_KEPT: searched.sides_kept,
    }


def conformer_columns(searched: Searched) -> Answer:
    """How many saddle points there are, and by how much others lie lower, in kcal/mol."""
    answer: Answer = dict.fromkeys(c.CONFORMERS)
    answer[c.N_SADDLES] = sum(one.found.joined for one in searched.saddles)
    if searched.profile is None:
        return answer
    first, lowest = searched.climb.found, searched.chosen
    assert first is not None, "there is a profile of it"
    assert lowest is not None, "it is the first one at least"
    answer[c.CONFORMER_GAIN] = (first.saddle.energy - lowest.saddle.energy) / KCAL_MOL
    in_one = next((one for one, _ in searched.saddles if one.connects == JOINED), None)
    if in_one is not None:
        answer[c.ONE_STEP] = (in_one.saddle.energy - lowest.saddle.energy) / KCAL_MOL
    if searched.profile.below is None:
        return answer
    sides = zip((c.REACTANT_CONFORMER, c.PRODUCT_CONFORMER), searched.profile.below, strict=True)
    return answer | {name: gain / KCAL_MOL for name, gain in sides}


def saddle_points(reaction: Reaction, searched: Searched, temperature: float) -> list[Answer]:
    """Every saddle point that was found, by rank, with the columns of the candidates and paths."""
    weights = _boltzmann(searched.saddles, temperature)
    level = f"{searched.level}//{searched.level}"
    return [
        {
            c.TS_POSITIONS: found.saddle.positions.tolist(),
            c.CANDIDATE_ENERGY: found.saddle.energy,
            c.CANDIDATE_GIBBS: thermo.gibbs,
            c.BOLTZMANN_WEIGHT: weight,
            c.ENERGY_LEVEL: level,
            c.VIBRATIONS: found.saddle.frequencies_cm1.tolist(),
            c.VERIFIED: found.joined,
            c.CONNECTS: found.connects,
            c.FOUND_BY: found.by,
            c.END_POSITIONS: found.ends.one.tolist(),
            c.OTHER_END_POSITIONS: found.ends.other.tolist(),
            **_path(reaction, found),
        }
        for (found, thermo), weight in zip(searched.saddles, weights, strict=True)
    ]


def _path(reaction: Reaction, found: Found) -> Answer:
    """The path through a saddle point that joins both sides, null for another."""
    followed = trace(reaction, found.saddle, found.ends) if found.joined else None
    if followed is None:
        return dict.fromkeys(c.WAY)
    return {
        c.PATH_POSITIONS: followed.positions.tolist(),
        c.PATH_ENERGIES: (followed.energies / KCAL_MOL).tolist(),
        c.PATH_TS: followed.top,
    }


def _boltzmann(saddles: Sequence[Ranked], temperature: float) -> list[float | None]:
    """Shares of the saddle points that join both sides, None for the others."""
    if not any(one.found.joined for one in saddles):
        return [None] * len(saddles)
    lowest = min(one.thermo.gibbs for one in saddles if one.found.joined)
    shares = [
        np.exp((lowest - thermo.gibbs) / (units.kB * temperature)) if found.joined else 0.0
        for found, thermo in saddles
    ]
    total = sum(shares)
    return [
        share / total if one.found.joined else None
        for share, one in zip(shares, saddles, strict=True)
    ]

"""What a search on a corrected surface has to say of the saddle point that it has found."""

from typing import NamedTuple

import numpy as np

from tscreen.actors.saddles.irc import STEPWISE
from tscreen.actors.saddles.verified import Searched
from tscreen.actors.workers.cells import Answer
from tscreen.model.correction.refined import RefinedView
from tscreen.model.reactions.geometry import deviation
from tscreen.schemas import columns as c
from tscreen.schemas.units import KCAL_MOL


class Generated(NamedTuple):
    """The TS that the model has generated: positions (N, 3) in Å, and what it says of them."""

    positions: np.ndarray
    p_good: float
    expected_rmsd: float


def view_of(searched: Searched, generated: Generated) -> RefinedView:
    """What `refined.estimate_refined` wants to know of a search that has come to a profile."""
    found, profile, seen = searched.climb.found, searched.profile, searched.correction
    assert found is not None, "a search with a profile has found something"
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
    )


def trust_columns(searched: Searched, generated: Generated) -> Answer:
    """The columns that tell what became of the correction, null where none was asked for."""
    seen, found = searched.correction, searched.climb.found
    return {
        c.REFINEMENT_RMSD: found and deviation(found.saddle.positions, generated.positions),
        c.FORCE_DISAGREEMENT: seen and _known(seen.force_spread),
        c.BARRIER_DISAGREEMENT: seen and _known(seen.barrier_spread),
        c.CORRECTION_OFF: None if seen is None else seen.switched_off,
        c.SIDES_KEPT: searched.sides_kept,
    }


def _known(number: float) -> float | None:
    """None for the nan that stands where the committee was not asked."""
    return None if np.isnan(number) else number

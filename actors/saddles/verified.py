"""One reaction's saddle point: searched, followed both ways, with energies and thermochemistry."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tscreen.actors.defaults import DEFAULT_LEVEL
from tscreen.actors.quantum.sides import sides_of
from tscreen.actors.quantum.thermochemistry import Thermo, side_thermochemistry, thermochemistry
from tscreen.actors.quantum.xtb import Surface, energy
from tscreen.actors.saddles.ladder import Climb, Found, climb
from tscreen.actors.workers.errors import XtbError
from tscreen.actors.workers.rows import Answer
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction
from tscreen.schemas.units import KCAL_MOL

# A search ends by its processor time unless it hangs. On a busy machine it gets this much more wall
# time, and some for the start of its process.
WALL_SHARE = 4.0
START_S = 60.0

PROFILE_SHARE = 0.5
"""Of the time limit: what a saddle point's energies and thermochemistry may take on top of it."""

FOLLOWED = (c.VERIFIED, c.CONNECTS, c.XTB_ROUTE, c.XTB_STEPS, c.N_IMAGINARY, c.IMAGINARY_FREQUENCY)


class Order(NamedTuple):
    """How to search.

    Attributes:
        surface: Level and program.
        timeout_s: Seconds of processor time until a saddle point must have been found and followed.
        temperature: Of the thermochemistry, in K.
        verify: Whether saddle points are followed both ways.
        paths: Whether paths between the sides are tried where the candidates lead nowhere.
    """

    surface: Surface
    timeout_s: float
    temperature: float
    verify: bool = True
    paths: bool = True

    @property
    def wall_s(self) -> float:
        """Seconds by the clock after which a search that has not ended by itself is stopped."""
        return WALL_SHARE * self.timeout_s + START_S


class Profile(NamedTuple):
    """Energies along a reaction in eV, everything relaxed at one level.

    Attributes:
        reactant: The separate molecules of the reactant.
        saddle: The saddle point.
        product: The separate molecules of the product.
        saddle_by_model_level: Potential energy of the saddle point at the level that the assessor
            was trained on.
    """

    reactant: Thermo
    saddle: Thermo
    product: Thermo
    saddle_by_model_level: float


class Searched(NamedTuple):
    """What a search came to.

    Attributes:
        climb: The saddle point, or why there is none.
        profile: Of a saddle point that belongs to the reaction, as far as that was looked into.
        failure: Why there is no profile.
    """

    climb: Climb
    profile: Profile | None
    failure: XtbError | None


def search(reaction: Reaction, candidates: Sequence[np.ndarray], order: Order) -> Searched:
    """Search the saddle point of a reaction from candidates (N, 3) in Å, best first."""
    climbed = climb(
        reaction,
        candidates,
        order.surface,
        order.timeout_s,
        verify=order.verify,
        paths=order.paths,
    )
    found, error = climbed.found, climbed.failure
    if found and order.verify and not found.joined:
        error = _elsewhere(found)
    elif found:
        deadline = time.process_time() + PROFILE_SHARE * order.timeout_s
        limited = order.surface._replace(deadline=deadline)
        try:
            return Searched(climbed, _profile(reaction, found, limited, order.temperature), None)
        except XtbError as of_a_side:
            error = of_a_side
    return Searched(climbed, None, _told(error, order.timeout_s))


def _profile(reaction: Reaction, found: Found, surface: Surface, temperature: float) -> Profile:
    reactant, product = (
        side_thermochemistry(side, temperature, surface) for side in sides_of(reaction)
    )
    saddle, r = found.saddle, reaction
    subject = (r.atomic_numbers, saddle.positions, r.charge, r.multiplicity)
    at_saddle = thermochemistry(
        surface.atoms(*subject), saddle.frequencies_cm1, temperature, r.multiplicity
    )
    by_model = saddle.energy if surface.level == DEFAULT_LEVEL else energy(*subject)
    return Profile(reactant, at_saddle, product, by_model)


def _elsewhere(found: Found) -> XtbError:
    return XtbError(
        "wrong_connectivity",
        f"the saddle point found joins {found.connects}, not reactant and product; the generated "
        "transition state is kept",
    )


def _told(error: XtbError | None, timeout_s: float) -> XtbError | None:
    if error is None or error.code != "xtb_timeout":
        return error
    return XtbError(error.code, f"the search took longer than the {timeout_s:g} s allowed")


def followed(climbed: Climb) -> Answer:
    """The columns that tell what was found and what it joins, null where nothing was."""
    answer: Answer = dict.fromkeys(FOLLOWED) | {c.XTB_ROUTE: ", ".join(climbed.route)}
    if climbed.found is None:
        return answer
    saddle = climbed.found.saddle
    return answer | {
        c.VERIFIED: None if climbed.found.connects is None else climbed.found.joined,
        c.CONNECTS: climbed.found.connects,
        c.XTB_STEPS: saddle.steps,
        c.N_IMAGINARY: 1,
        c.IMAGINARY_FREQUENCY: saddle.frequency_cm1,
    }


def thermo_columns(profile: Profile) -> Answer:
    """Enthalpy and Gibbs energy of activation and of reaction, in kcal/mol."""
    r, ts, p = profile.reactant, profile.saddle, profile.product
    return {
        c.ENTHALPY_BARRIER: (ts.enthalpy - r.enthalpy) / KCAL_MOL,
        c.GIBBS_BARRIER: (ts.gibbs - r.gibbs) / KCAL_MOL,
        c.GIBBS_REACTION_ENERGY: (p.gibbs - r.gibbs) / KCAL_MOL,
    }

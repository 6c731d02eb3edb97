"""One reaction's saddle point: searched, followed both ways, with energies and thermochemistry."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tscreen.actors.conformers.minima import below
from tscreen.actors.conformers.saddles import Ranked, others, ranked
from tscreen.actors.defaults import MODEL_LEVEL, Effort
from tscreen.actors.quantum.coverage import surface_of, uncorrected, why_uncorrected
from tscreen.actors.quantum.levels import label
from tscreen.actors.quantum.sides import Molecule, Side, sides_of
from tscreen.actors.quantum.single_points import solvation
from tscreen.actors.quantum.thermochemistry import RelaxedSide, Thermo, relaxed_side
from tscreen.actors.quantum.xtb import Surface, energy
from tscreen.actors.saddles.ladder import Climb, Found, beside, climb, opposed
from tscreen.actors.saddles.trust import (
    DISAGREEMENT,
    CorrectionView,
    along,
    at_saddle,
    doubted,
    unasked,
)
from tscreen.actors.workers.cells import Answer
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.reaction import Reaction
from tscreen.schemas.units import KCAL_MOL

# A search ends by its processor time unless it hangs. On a busy machine it gets this much more wall
# time, and some for the start of its process.
WALL_SHARE = 6.0
START_S = 60.0

DOUBTED = 0.5
"""A ``p_good`` of the first candidate below which a saddle point found is not taken for the lowest
without a look at others; nor is one that no candidate has led to."""

LOOK_SHARE = 0.15
"""Of the time limit: what that look may take on top of it."""

FRESH_SHARE = 0.5
"""Of the time limit: what a second search on GFN2-xTB alone has at least."""

PROFILE_SHARE = 0.5
"""Of the time limit: what a saddle point's energies and thermochemistry may take on top of it."""


class Order(NamedTuple):
    """How to search.

    Attributes:
        surface: Level and program.
        timeout_s: Seconds of processor time until a saddle point must have been found and followed.
        temperature: Of the thermochemistry, in K.
        paths: Whether paths between the sides are tried where the candidates lead nowhere.
        effort: How much else is tried.
        p_good: Of the first candidate, 0 from a model that knows nothing of such reactions.
        rivals: Whether other saddle points are sought besides the first that joins both sides.
    """

    surface: Surface
    timeout_s: float
    temperature: float
    paths: bool = True
    effort: Effort = Effort.NORMAL
    p_good: float = 1.0
    rivals: bool = True

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
            was trained on, in the gas phase.
        below: By how much conformers lie below reactant and product, None where none were sought.
        solvation: What the solvent adds to the barrier over the sides as given, kcal/mol.
    """

    reactant: Thermo
    saddle: Thermo
    product: Thermo
    saddle_by_model_level: float
    below: tuple[float, float] | None = None
    solvation: float = 0.0


class Searched(NamedTuple):
    """What a search came to.

    Attributes:
        climb: The saddle point, or why there is none.
        profile: Of a saddle point that belongs to the reaction, as far as that was looked into.
        failure: Why there is no profile.
        level: Label of the surface that all of it comes from.
        head: Number of the reference level that this surface is corrected to, None for none.
        correction: What the committee says, None where no correction was asked for or no saddle
            point was found on the corrected surface.
        sides_kept: Whether the relaxed molecules of the profile have the bonds that they were given
            with; None without a profile.
        saddles: All saddle points found, the one that all of this is about first.
    """

    climb: Climb
    profile: Profile | None
    failure: CalculationError | None
    level: str
    head: int | None = None
    correction: CorrectionView | None = None
    sides_kept: bool | None = None
    saddles: tuple[Ranked, ...] = ()

    @property
    def chosen(self) -> Found | None:
        """The saddle point that all of this is about, None if none was found."""
        return self.saddles[0].found if self.saddles else None


def search(reaction: Reaction, candidates: Sequence[np.ndarray], order: Order) -> Searched:
    """Search the saddle point of a reaction from candidates (N, 3) in Å, best first.

    A corrected surface is left for GFN2-xTB alone where the correction does not cover the reaction,
    and where the members of its committee disagree about what was found on it.

    Raises:
        WeightsError: The correction cannot be read.
    """
    started = time.process_time()
    surface = surface_of(reaction, order.surface)
    found = _searched(reaction, candidates, order._replace(surface=surface))
    reason = why_uncorrected(reaction, order.surface)
    if reason is not None:
        return found._replace(correction=unasked(order.surface, reason))
    if found.correction is None or not doubted(found.correction, surface):
        return found
    left = order.timeout_s - (time.process_time() - started)
    again = order._replace(
        surface=uncorrected(surface), timeout_s=max(left, FRESH_SHARE * order.timeout_s)
    )
    view = found.correction._replace(switched_off=DISAGREEMENT)
    return _searched(reaction, candidates, again)._replace(correction=view)


def _searched(reaction: Reaction, candidates: Sequence[np.ndarray], order: Order) -> Searched:
    """A search on one surface."""
    surface, quick = order.surface, order.effort is Effort.QUICK
    started = time.process_time()
    climbed = climb(
        reaction,
        candidates[:1] if quick else candidates,
        surface,
        order.timeout_s,
        paths=order.paths and not quick,
        onwards=not quick,
    )
    error = climbed.failure
    if order.rivals and climbed.found and climbed.found.joined:
        limited = surface._replace(deadline=started + order.timeout_s)
        untried = climbed.untried(candidates)
        rivals = _rivals(reaction, climbed.found, untried, order, limited)
        climbed = climbed._replace(others=(*climbed.others, *rivals))
    told = Searched(
        climbed,
        None,
        None,
        label(surface.level, surface.solvent),
        surface.head,
        saddles=_in_order(reaction, climbed, order.temperature),
    )
    found = told.chosen
    if found and surface.head is not None:
        view = at_saddle(surface, _molecule(reaction, found))
        told = told._replace(correction=view)
        if doubted(view, surface):
            return told
    if found and not found.joined:
        error = error or _elsewhere(found)
    elif found:
        deadline = time.process_time() + PROFILE_SHARE * order.timeout_s
        limited = surface._replace(deadline=deadline)
        try:
            return _profiled(told, reaction, found, order._replace(surface=limited))
        except CalculationError as of_a_side:
            error = of_a_side
    return told._replace(failure=_told(error, order.timeout_s))


def _rivals(
    reaction: Reaction,
    first: Found,
    untried: Sequence[np.ndarray],
    order: Order,
    surface: Surface,
) -> list[Found]:
    """Saddle points besides the first that joins both sides: another attack, other conformers."""
    if order.effort is Effort.QUICK:
        return []
    found = [first]
    if other := opposed(reaction, first, surface):
        found.append(other)
    if order.p_good == 0 and (other := beside(reaction, found[-1], surface)):
        found.append(other)
    if order.effort is Effort.THOROUGH:
        found += others(reaction, found[-1], untried, surface)
    elif order.p_good < DOUBTED or not first.from_candidate:
        until = time.process_time() + LOOK_SHARE * order.timeout_s
        found += others(reaction, found[-1], untried, surface._replace(deadline=until))
    return found[1:]


def _in_order(reaction: Reaction, climbed: Climb, temperature: float) -> tuple[Ranked, ...]:
    """All saddle points by Gibbs energy; where none joins both sides, the one found first leads."""
    if climbed.found is None:
        return ()
    found = ranked(reaction, (climbed.found, *climbed.others), temperature)
    if not climbed.found.joined:
        found.sort(key=lambda one: one.found is not climbed.found)
    return tuple(found)


def _profiled(told: Searched, reaction: Reaction, found: Found, order: Order) -> Searched:
    """What is told of a search, completed by the energies along the reaction."""
    given, surface = sides_of(reaction), order.surface
    at = None if order.effort is Effort.QUICK else order.temperature
    reactant, product = (relaxed_side(side, at, surface) for side in given)
    saddle = _molecule(reaction, found)
    by_model = found.saddle.energy
    if surface.level != MODEL_LEVEL or surface.solvent is not None:
        by_model = energy(*saddle, surface=Surface(MODEL_LEVEL))
    if surface.head is not None:
        view = along(surface, saddle, reactant.molecules, product.molecules)
        told = told._replace(correction=view)
    shift = solvation(reaction, found.saddle.positions, surface.solvent)
    profile = Profile(
        reactant.thermo, told.saddles[0].thermo, product.thermo, by_model, solvation=shift
    )
    if order.effort is Effort.THOROUGH:
        lower = below(reactant.molecules, surface), below(product.molecules, surface)
        profile = profile._replace(below=lower)
    return told._replace(
        profile=profile,
        sides_kept=all(map(_kept, given, (reactant, product))),
    )


def _molecule(reaction: Reaction, found: Found) -> Molecule:
    r = reaction
    return Molecule(r.atomic_numbers, found.saddle.positions, r.charge, r.multiplicity)


def _kept(given: Side, relaxed: RelaxedSide) -> bool:
    """Whether every molecule of a side has the bonds that it was given with."""
    parts = [given.fragments == name for name in np.unique(given.fragments)]
    return all(
        np.array_equal(
            bond_graph(after.numbers, given.positions[part]),
            bond_graph(after.numbers, after.positions),
        )
        for part, after in zip(parts, relaxed.molecules, strict=True)
    )


def _elsewhere(found: Found) -> CalculationError:
    return CalculationError(
        "wrong_connectivity",
        f"the saddle point found joins {found.connects}, not reactant and product; the generated "
        "transition state is kept",
    )


def _told(error: CalculationError | None, timeout_s: float) -> CalculationError | None:
    if error is None or not error.timed_out:
        return error
    return CalculationError(error.code, f"the search took longer than the {timeout_s:g} s allowed")


def followed(searched: Searched) -> Answer:
    """The columns that tell what was found and what it joins, null where nothing was."""
    route = ", ".join(searched.climb.route)
    answer: Answer = dict.fromkeys(c.FOLLOWED) | {c.XTB_ROUTE: route}
    found = searched.chosen
    if found is None:
        return answer
    saddle = found.saddle
    return answer | {
        c.VERIFIED: found.joined,
        c.CONNECTS: found.connects,
        c.XTB_STEPS: saddle.steps,
        c.N_IMAGINARY: 1,
        c.IMAGINARY_FREQUENCY: saddle.frequency_cm1,
    }


def thermo_columns(profile: Profile) -> Answer:
    """Enthalpy and Gibbs energy of activation and of reaction, in kcal/mol; null if not sought."""
    r, ts, p = profile.reactant, profile.saddle, profile.product
    differences = {
        c.ENTHALPY_BARRIER: ts.enthalpy - r.enthalpy,
        c.REACTION_ENTHALPY: p.enthalpy - r.enthalpy,
        c.GIBBS_BARRIER: ts.gibbs - r.gibbs,
        c.GIBBS_REACTION_ENERGY: p.gibbs - r.gibbs,
    }
    return {
        name: None if np.isnan(value) else value / KCAL_MOL for name, value in differences.items()
    }

"""The surface of a reaction: corrected to one level of reference, or not at all."""

from tscreen.actors.defaults import MODEL_LEVEL
from tscreen.actors.quantum.levels import CORRECTED_LEVEL
from tscreen.actors.quantum.programs.corrected import not_covered
from tscreen.actors.quantum.xtb import Surface
from tscreen.model.correction.card import CorrectionCard
from tscreen.model.correction.committee import load_committee
from tscreen.model.weights.kinds import change_of
from tscreen.schemas.reaction import Reaction

CLOSED_SHELL = (0, 1)
"""Charge and multiplicity."""


def surface_of(reaction: Reaction, surface: Surface) -> Surface:
    """The surface on which all molecules of a reaction have comparable energies.

    Where the surface is the corrected one, it gets the head that covers the whole reaction; where
    none does, it becomes GFN2-xTB alone. Other surfaces stay as they are.

    Raises:
        WeightsError: The correction cannot be read.
    """
    if surface.level != CORRECTED_LEVEL:
        return surface
    if why_uncorrected(reaction, surface) is not None:
        return uncorrected(surface)
    return surface._replace(head=_level_of(load_committee(surface.weights).card, reaction))


def uncorrected(surface: Surface) -> Surface:
    """GFN2-xTB alone."""
    return surface._replace(level=MODEL_LEVEL, head=None)


def why_uncorrected(reaction: Reaction, surface: Surface) -> str | None:
    """Why `surface_of` takes the correction from a reaction, as `not_covered`; None if it does not.

    A neutral whole may be a pair of ions or of radicals on one side: the level that knows the whole
    must know these, too. Neutral molecules with a closed shell take part in reactions of any kind.

    Raises:
        WeightsError: The correction cannot be read.
    """
    if surface.level != CORRECTED_LEVEL:
        return None
    card = load_committee(surface.weights).card
    whole, *molecules = reaction.states
    numbers = reaction.atomic_numbers.tolist()
    level = _level_of(card, reaction)
    if level is None:
        return not_covered(card, numbers, *whole)
    known = card.levels[level].states | {CLOSED_SHELL}
    return None if known.issuperset(molecules) else "state"


def _level_of(card: CorrectionCard, reaction: Reaction) -> int | None:
    r = reaction
    whole = r.atomic_numbers.tolist(), r.charge, r.multiplicity
    return card.level_of(*whole, change_of(r))

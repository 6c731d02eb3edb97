"""The surface of a reaction: corrected to one level of reference, or not at all."""

from tscreen.actors.defaults import MODEL_LEVEL
from tscreen.actors.quantum.levels import CORRECTED_LEVEL
from tscreen.actors.quantum.programs.corrected import not_covered
from tscreen.actors.quantum.xtb import Surface
from tscreen.model.correction.committee import load_committee
from tscreen.schemas.reaction import Reaction


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
    r = reaction
    card = load_committee(surface.weights).card
    return surface._replace(head=card.level_of(r.atomic_numbers.tolist(), r.charge, r.multiplicity))


def uncorrected(surface: Surface) -> Surface:
    """GFN2-xTB alone."""
    return surface._replace(level=MODEL_LEVEL, head=None)


def why_uncorrected(reaction: Reaction, surface: Surface) -> str | None:
    """Why `surface_of` takes the correction from a reaction, as `not_covered`; None if it does not.

    A neutral whole may be a pair of ions or of radicals on one side, which count, too.

    Raises:
        WeightsError: The correction cannot be read.
    """
    if surface.level != CORRECTED_LEVEL:
        return None
    card = load_committee(surface.weights).card
    numbers = reaction.atomic_numbers.tolist()
    reasons = (not_covered(card, numbers, *state) for state in reaction.states)
    return next((reason for reason in reasons if reason is not None), None)

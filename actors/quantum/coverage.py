"""The surface of a reaction: corrected to one level of reference, or not at all."""

from tscreen.actors.defaults import MODEL_LEVEL
from tscreen.actors.quantum.programs.corrected import not_covered
from tscreen.actors.quantum.levels import CORRECTED_LEVEL
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
    r = reaction
    card = load_committee(surface.weights).card
    head = card.level_of(r.atomic_numbers.tolist(), r.charge, r.multiplicity)
    if head is None:
        return uncorrected(surface)
    return surface._replace(head=head)


def uncorrected(surface: Surface) -> Surface:
    """GFN2-xTB alone."""
    return surface._replace(level=MODEL_LEVEL, head=None)


def why_uncorrected(reaction: Reaction, surface: Surface) -> str | None:
    """Why `surface_of` takes the correction from a reaction, as `not_covered`; None if it does not.

    Raises:
        WeightsError: The correction cannot be read.
    """
    if surface.level != CORRECTED_LEVEL:
        return None
    r = reaction
    card = load_committee(surface.weights).card
    return not_covered(card, r.atomic_numbers.tolist(), r.charge, r.multiplicity)

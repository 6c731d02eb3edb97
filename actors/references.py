"""Where the reference transition states lead on the surface of a run."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from tscreen.actors.quantum.coverage import surface_of
from tscreen.actors.quantum.xtb import Surface, energy
from tscreen.actors.saddles.ladder import rungs
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.pools import calculating_pool
from tscreen.schemas.reaction import Reaction
from tscreen.schemas.units import KCAL_MOL


class Compared(NamedTuple):
    """A saddle point that was found and the reference for it.

    Attributes:
        reaction: The reaction.
        reference: Reference TS (N, 3) in Å.
        found: The saddle point found (N, 3) in Å.
        surface: That it was found on.
    """

    reaction: Reaction
    reference: np.ndarray
    found: np.ndarray
    surface: Surface


def above_reference(one: Compared) -> float:
    """Energy of the saddle point found less that of the one that the reference leads to, kcal/mol.

    Nan where searches from the reference, as it is and settled, lead to none.
    """
    r = one.reaction
    surface = surface_of(r, one.surface)
    for rung in rungs(r, [one.reference], surface, paths=False):
        with suppress(CalculationError):
            reference = locate(r, rung.start(surface), surface)
            found = energy(r.atomic_numbers, one.found, r.charge, r.multiplicity, surface=surface)
            return (found - reference.energy) / KCAL_MOL
    return float("nan")


def all_above_reference(compared: Sequence[Compared], workers: int | None) -> Iterator[float]:
    """`above_reference` of each, in order, on several cores."""
    with calculating_pool(workers) as pool:
        yield from pool.map(above_reference, compared)

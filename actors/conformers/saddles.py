"""Other saddle points of a reaction than the first one found: other conformers, lower if possible.

The other candidates, structures halfway between both sides, turns about single bonds, and folds
from random coordinates lead to them. Each of these settles with its forming and breaking bonds
held; only what is then hardly higher than the lowest saddle point so far is worth a search. Bonds
that are driven from side to side, and the peak of a plain interpolation, are searched from as they
are: they lead to other mechanisms. Only what is lower is followed to see what it joins.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from tscreen.actors.between.halfway import SETTLED, halfway
from tscreen.actors.conformers.folds import folds
from tscreen.actors.conformers.turns import Rotor, hollows, rotors, single
from tscreen.actors.quantum.thermochemistry import Thermo, thermochemistry
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.saddles.ladder import FROM_SIDES, HALFWAY, Found, found_from, onward
from tscreen.actors.saddles.saddle import settled
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.reactions.superposition import deviation
from tscreen.schemas.bonds import side_bonds
from tscreen.schemas.reaction import Reaction
from tscreen.schemas.units import KCAL_MOL

WINDOW = 3.0 * KCAL_MOL
"""How far above the lowest saddle point a settled start may be to be worth a search, eV."""

LOWER = 0.1 * KCAL_MOL
"""By how much less energy a saddle point is a lower one, eV."""

FOLDS = 6
"""So many folds are tried, those of lowest energy."""

SAME_PLACE, SAME_HEIGHT = 0.15, 0.01  # Å, eV
"""A settled start that differs by less from one before, or from its mirror image, is the same."""


class Ranked(NamedTuple):
    """A saddle point and its thermochemistry."""

    found: Found
    thermo: Thermo


def ranked(reaction: Reaction, found: Sequence[Found], temperature: float) -> list[Ranked]:
    """Saddle points by rising Gibbs energy; those that join reactant and product come first."""
    rated = [Ranked(one, _thermo(reaction, one, temperature)) for one in found]
    return sorted(rated, key=lambda one: (not one.found.joined, one.thermo.gibbs))


def _thermo(reaction: Reaction, found: Found, temperature: float) -> Thermo:
    saddle = found.saddle
    atoms = Atoms(reaction.atomic_numbers, saddle.positions)
    atoms.calc = SinglePointCalculator(atoms, energy=saddle.energy)
    return thermochemistry(atoms, saddle.frequencies_cm1, temperature, reaction.multiplicity)


def others(
    reaction: Reaction, first: Found, candidates: Sequence[np.ndarray], surface: Surface
) -> Iterator[Found]:
    """Saddle points that are lower than the first one and than those found before them.

    Those that join something else are among them. Ends without an error when the time is up.

    Args:
        reaction: The reaction.
        first: A saddle point that joins reactant and product.
        candidates: Geometries (N, 3) in Å to start from that have not been tried.
        surface: Level, program and time limit.
    """
    search = _Search(reaction, first, surface)
    try:
        for number, candidate in enumerate(candidates, 1):
            yield from search.from_start(candidate, f"other-{number}")
        for number, start in enumerate(halfway(reaction)[:SETTLED], 1):
            yield from search.from_start(start, f"{HALFWAY}-{number}")
        for name, way in FROM_SIDES.items():
            yield from search.as_it_is(partial(way, reaction, surface), name)
        for rotor in _rotors(reaction):
            here = search.lowest.saddle.positions
            for start in hollows(here, rotor, search.energy):
                yield from search.from_start(start, f"turn-{rotor.fixed}-{rotor.pivot}")
        here = search.lowest.saddle.positions
        for number, start in enumerate(folds(reaction, here, search.energy)[:FOLDS], 1):
            yield from search.from_start(start, f"fold-{number}")
    except CalculationError as error:
        if not error.timed_out:
            raise


def _rotors(reaction: Reaction) -> list[Rotor]:
    """What may turn: bonds that are single on both sides, and on no ring on either."""
    r = reaction
    reactant, product = side_bonds(r)
    turning = single(r.atomic_numbers, r.reactant_positions, reactant)
    turning &= single(r.atomic_numbers, r.product_positions, product)
    return rotors(r.atomic_numbers, reactant | product, turning)


class _Search:
    """What is known so far of the saddle points of a reaction."""

    def __init__(self, reaction: Reaction, first: Found, surface: Surface) -> None:
        self.lowest = first
        self._reaction, self._surface = reaction, surface
        self._known = [(first.saddle.positions, first.saddle.energy)]
        self._molecule = surface.atoms(
            reaction.atomic_numbers, first.saddle.positions, reaction.charge, reaction.multiplicity
        )

    def energy(self, positions: np.ndarray) -> float:
        """Of a structure (N, 3) in Å, in eV."""
        self._molecule.positions = positions
        return float(self._molecule.get_potential_energy())

    def from_start(self, start: np.ndarray, name: str) -> Iterator[Found]:
        """The saddle point that a start (N, 3) in Å leads to, if it is lower than all others."""
        yield from self._kept(lambda: self._of_settled(start, name))

    def as_it_is(self, start: Callable[[], np.ndarray], name: str) -> Iterator[Found]:
        """The same of a start that does not settle."""
        yield from self._kept(lambda: self._lower(start(), name))

    def _kept(self, searched: Callable[[], Found | None]) -> Iterator[Found]:
        try:
            found = searched()
        except CalculationError as error:
            if error.timed_out:
                raise
            return  # this start leads nowhere
        if found is None:
            return
        if found.joined:
            self.lowest = found
        yield found

    def _of_settled(self, start: np.ndarray, name: str) -> Found | None:
        start = settled(self._reaction, start, self._surface)
        return self._lower(start, name) if self._is_worthwhile(start) else None

    def _lower(self, start: np.ndarray, name: str) -> Found:
        below = self.lowest.saddle.energy - LOWER
        found = found_from(self._reaction, start, self._surface, name, below)
        self._known.append((found.saddle.positions, found.saddle.energy))
        return onward(self._reaction, found, self._surface)

    def _is_worthwhile(self, start: np.ndarray) -> bool:
        """Whether a settled start (N, 3) in Å is low enough and unlike all that is known."""
        height = self.energy(start)
        if height > self.lowest.saddle.energy + WINDOW:
            return False
        for place, energy in self._known:
            distance = min(deviation(hand, place) for hand in (start, -start))
            if abs(height - energy) < SAME_HEIGHT and distance < SAME_PLACE:
                return False
        self._known.append((start, height))
        return True

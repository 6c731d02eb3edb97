"""Which molecules a saddle point joins: the intrinsic reaction coordinate, followed both ways."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import networkx as nx
import numpy as np
from ase import Atoms

from tscreen.actors.quantum.minimise import minimise
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
from tscreen.actors.saddles.descent import descend
from tscreen.actors.saddles.saddle import Saddle
from tscreen.actors.saddles.stereocentres import element_graph, keeps_hands
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.bonds import bond_graph, side_bonds
from tscreen.schemas.reaction import Reaction

END_FMAX = 0.05
"""Largest force on any atom at the end, eV/Å."""
SIDE_FMAX = 0.15
"""The same where the bonds are a side's: of 118 ways down none went elsewhere from there."""
TIGHT_FMAX = 0.01
"""The same where both ways have stopped at one side: one of them may have done so too early."""
MAX_RELAX_STEPS = 300
RELAX_STEP = 0.08
"""Å; longer steps might jump over a low ridge into another valley."""

ACCEPTORS, DONORS = (5, 13), (1, 7, 8, 9, 15, 16, 17, 35, 53)
"""Atomic numbers of what takes a lone pair, and of what gives one, or bridges as hydride."""

REACTANT, PRODUCT, OTHER = "reactant", "product", "other"
JOINED = f"{REACTANT}-{PRODUCT}"
STEPWISE = f"{REACTANT}-intermediate-{PRODUCT}"
"""Downhill on one side lies an intermediate, and the rest of the way stays below the saddle."""
STEREOISOMER = f"{REACTANT}-stereoisomer of {PRODUCT}"
"""A centre is inverted that should keep its hand, or the reverse."""


class Way(NamedTuple):
    """One way down, without the saddle point: positions (N, 3) in Å and energies in eV."""

    positions: list[np.ndarray]
    energies: list[float]


@dataclass(frozen=True)
class Ends:
    """Both ends (N, 3) in Å of the path through a saddle point: minima, or nearly so.

    Attributes:
        one: The end along the imaginary mode.
        other: The end against it.
        ways: That lead there, where every step was kept.
    """

    one: np.ndarray
    other: np.ndarray
    ways: tuple[Way, Way] | None = None

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter((self.one, self.other))


def follow(reaction: Reaction, saddle: Saddle, surface: Surface = DEFAULT_SURFACE) -> Ends:
    """Go down from the saddle point both ways: steepest descent, then relaxation.

    Raises:
        CalculationError: `xtb_timeout`, `xtb_scf`, or `xtb_not_relaxed` where a way down does not
            end.
    """
    one, other = (_way(reaction, saddle, way, surface) for way in (1, -1))
    fits = [_fits(reaction, way.positions[-1]) for way in (one, other)]
    if fits[0] == fits[1] and sum(fits[0]) == 1:
        one, other = (_settled(reaction, way, surface) for way in (one, other))
    return Ends(one.positions[-1], other.positions[-1], (one, other))


def _settled(reaction: Reaction, way: Way, surface: Surface) -> Way:
    """A way down with the minimum below its end, down a slope that may be very flat."""
    r = reaction
    atoms = surface.atoms(r.atomic_numbers, way.positions[-1], r.charge, r.multiplicity)
    minimise(atoms, TIGHT_FMAX, MAX_RELAX_STEPS, longest=RELAX_STEP)
    energy = float(atoms.get_potential_energy())
    return Way([*way.positions, atoms.get_positions()], [*way.energies, energy])


def _way(reaction: Reaction, saddle: Saddle, way: int, surface: Surface) -> Way:
    passed = Way([], [])

    def note(atoms: Atoms) -> None:
        if not passed.positions or not np.array_equal(passed.positions[-1], atoms.positions):
            passed.positions.append(atoms.get_positions())
            passed.energies.append(float(atoms.get_potential_energy()))

    way_down(reaction, saddle, way, surface, note)
    return passed


def way_down(
    reaction: Reaction,
    saddle: Saddle,
    way: int,
    surface: Surface = DEFAULT_SURFACE,
    passed: Callable[[Atoms], None] = lambda _: None,
) -> np.ndarray:
    """The end (N, 3) in Å of one way down, along the imaginary mode (1) or against it (-1).

    Args:
        reaction: The reaction.
        saddle: The saddle point.
        way: 1 or -1.
        surface: Level and program.
        passed: Is shown the atoms after each step, and at the end; sometimes twice in one place.

    Raises:
        CalculationError: As `follow`.
    """
    r = reaction
    atoms = surface.atoms(r.atomic_numbers, saddle.positions, r.charge, r.multiplicity)
    matrix = descend(atoms, saddle.matrix, way * saddle.direction, passed)

    def settled() -> bool:
        passed(atoms)
        forces = np.linalg.norm(atoms.get_forces(), axis=1)
        return forces.max() < SIDE_FMAX and any(_fits(reaction, atoms.positions))

    if not minimise(
        atoms, END_FMAX, MAX_RELAX_STEPS, longest=RELAX_STEP, matrix=matrix, settled=settled
    ):
        raise CalculationError("xtb_not_relaxed", f"no minimum {MAX_RELAX_STEPS} steps downhill")
    passed(atoms)
    return atoms.get_positions()


def connects(reaction: Reaction, ends: Ends) -> str:
    """What the path joins: `reactant-product`, or with `other` in place of one or both.

    An end is a side if its bonds are, atom by atom or with atoms of one element exchanged, or if it
    is a complex of the side's molecules, held by lone pairs on boron or aluminium. Both
    directions count. Where both sides are the same molecules only the bonds atom by atom tell. A
    centre that reacts must be inverted or keep its hand as it does between the sides given; else
    the path leads to a `stereoisomer of product`.
    """
    (a_reactant, a_product), (b_reactant, b_product) = (_fits(reaction, end) for end in ends)
    ways = [
        way
        for way, joins in (
            ((ends.one, ends.other), a_reactant and b_product),
            ((ends.other, ends.one), b_reactant and a_product),
        )
        if joins
    ]
    if ways:
        return JOINED if any(keeps_hands(reaction, *way) for way in ways) else STEREOISOMER
    if a_reactant or b_reactant:
        return f"{REACTANT}-{OTHER}"
    return f"{OTHER}-{PRODUCT}" if a_product or b_product else f"{OTHER}-{OTHER}"


def intermediate(reaction: Reaction, ends: Ends) -> tuple[np.ndarray, int] | None:
    """The end (N, 3) that is neither side, and the side (0 or 1) to be reached from there.

    None unless the other end is the other side.
    """
    fits = [_fits(reaction, end) for end in ends]
    for here, there in ((0, 1), (1, 0)):
        if any(fits[here]) and not any(fits[there]):
            return (ends.one, ends.other)[there], int(fits[here][0])
    return None


def _fits(reaction: Reaction, end: np.ndarray) -> list[bool]:
    """Whether an end (N, 3) is the reactant and whether it is the product, by its bonds.

    An end that is neither may be a complex of the molecules of a side, if there is what holds one.
    """
    numbers = reaction.atomic_numbers
    sides = side_bonds(reaction)
    mapped_only = _alike(numbers, *sides)
    bonds = bond_graph(numbers, end)

    def are(seen: Iterable[np.ndarray]) -> list[bool]:
        return [
            np.array_equal(one, side) or (not mapped_only and _alike(numbers, one, side))
            for one, side in zip(seen, sides, strict=True)
        ]

    fits = are((bonds, bonds))
    if any(fits) or not np.isin(numbers, ACCEPTORS).any():
        return fits
    fragments = (reaction.reactant_fragments, reaction.product_fragments)
    return are(bonds & ~_held(numbers, of_side) for of_side in fragments)


def _held(numbers: np.ndarray, fragments: np.ndarray) -> np.ndarray:
    """Pairs of atoms (N, N) by which molecules of a side hold on to each other.

    A lone pair, or a hydride, of one touches boron or aluminium of another: such complexes form
    without a barrier, and no side is drawn as one.
    """
    touching = np.outer(np.isin(numbers, ACCEPTORS), np.isin(numbers, DONORS))
    return (touching | touching.T) & np.not_equal.outer(fragments, fragments)


def _alike(numbers: np.ndarray, one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two bond graphs are the same molecules."""
    return nx.vf2pp_is_isomorphic(
        element_graph(numbers, one), element_graph(numbers, other), node_label="element"
    )

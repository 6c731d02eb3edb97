"""Reactant and product of reference transition states that come without them.

Where one side is known, the other one lies at the end of the path that leads on from there. Where
none is, a transition state in which one atom exchanges a neighbour for another falls apart at
either of these two bonds, and any other one is followed down both ways. A reference geometry is no
stationary point of the surface that this is done on, but near enough to one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import networkx as nx
import numpy as np
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from tscreen.actors.preparing.named import NamedMolecule, kind_of, placed
from tscreen.actors.quantum.hessian import hessian, modes
from tscreen.actors.quantum.minimise import minimise
from tscreen.actors.quantum.sides import Molecule, Side, molecules
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface, relax
from tscreen.actors.saddles.descent import descend
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.bonds import bond_graph, fragments_of
from tscreen.schemas.elements import COVALENT_RADII

FMAX, MAX_STEPS, LONGEST = 0.05, 300, 0.08
"""Of an end of the path: largest force in eV/Å, steps, and the longest of these in Å."""
PUSH = 0.25
"""Å that the fastest atom is moved from a transition state towards the side that is not known."""
STRETCHED = 1.06
"""A bond changes that is longer by this factor than in the known side, or than its radii say."""


class SideGeometry(NamedTuple):
    """One side.

    Attributes:
        positions: (N, 3) in Å.
        fragments: which each atom belongs to (N,).
        relaxed: whether it is no minimum of the reference but one of this surface.
        minimum: its molecules at minima of the reference (N, 3), which may be other conformers
            than those that the transition state leads to; None where they are not known.
    """

    positions: np.ndarray
    fragments: np.ndarray
    relaxed: bool = False
    minimum: np.ndarray | None = None

    @property
    def parts(self) -> list[np.ndarray]:
        """Masks (N,) of the fragments."""
        return [self.fragments == name for name in np.unique(self.fragments)]


@dataclass(frozen=True)
class LoneTransitionState:
    """A transition state of N atoms of which a side or both are not known.

    Attributes:
        name: of the reaction.
        numbers: atomic numbers (N,).
        positions: (N, 3) in Å.
        charge: total charge.
        multiplicity: spin multiplicity.
        reactant: the known side, if one is.
        reactant_molecules: its molecules, where these are known by themselves only.
        product_molecules: those of the product.
    """

    name: str
    numbers: np.ndarray
    positions: np.ndarray
    charge: int
    multiplicity: int
    reactant: SideGeometry | None = None
    reactant_molecules: tuple[NamedMolecule, ...] | None = None
    product_molecules: tuple[NamedMolecule, ...] | None = None


def both_sides(
    ts: LoneTransitionState, surface: Surface = DEFAULT_SURFACE
) -> tuple[SideGeometry, SideGeometry]:
    """Reactant and product of a transition state.

    Raises:
        CalculationError: `same_ends` where both ends, or the end and the known side, have the same
            bonds; `wrong_connectivity` where the ends are not the molecules named; else as `relax`.
    """
    if ts.reactant is not None:
        return ts.reactant, _beyond(ts, ts.reactant, surface)
    if (cut := _exchange(ts)) is not None:
        one, other = (_relaxed_apart(ts, ts.positions, parts, surface) for parts in cut)
        return _named(ts, one, other)
    one, other = (
        _relaxed_apart(ts, end, fragments_of(ts.numbers, end), surface)
        for end in _ends(ts, surface)
    )
    if np.array_equal(_bonds(ts, one), _bonds(ts, other)):
        raise _same("both ways down end at the same bonds")
    return _named(ts, one, other)


def _bonds(ts: LoneTransitionState, side: SideGeometry) -> np.ndarray:
    together = np.equal.outer(side.fragments, side.fragments)
    return bond_graph(ts.numbers, side.positions) & together


def _ends(ts: LoneTransitionState, surface: Surface) -> tuple[np.ndarray, np.ndarray]:
    """Both ends (N, 3) of the path along the lowest mode of the transition state."""
    atoms = surface.atoms(ts.numbers, ts.positions, ts.charge, ts.multiplicity)
    matrix = hessian(atoms)
    direction = modes(atoms, matrix).direction
    ends = []
    for way in (1, -1):
        atoms.positions = ts.positions
        after = descend(atoms, matrix, way * direction)
        if not minimise(atoms, FMAX, MAX_STEPS, longest=LONGEST, matrix=after):
            raise CalculationError("xtb_not_relaxed", f"no minimum {MAX_STEPS} steps downhill")
        ends.append(atoms.get_positions())
    return ends[0], ends[1]


def _exchange(ts: LoneTransitionState) -> tuple[np.ndarray, np.ndarray] | None:
    """The fragments (N,) of both sides where one atom exchanges a neighbour, None where none does.

    The two longest links of the tree that holds the atoms together are the bonds that change if
    they share an atom, and if each of them alone holds two parts together. Lengths are relative to
    the covalent radii.
    """
    radii = COVALENT_RADII[ts.numbers]
    apart = np.linalg.norm(ts.positions[:, None] - ts.positions, axis=-1)
    tree = minimum_spanning_tree(apart / np.add.outer(radii, radii)).tocoo()
    links = sorted(zip(tree.data, tree.row.tolist(), tree.col.tolist(), strict=True))
    longest = [(i, j) for length, i, j in links[-2:] if length > STRETCHED]
    if len(longest) < 2:
        return None
    bonds = bond_graph(ts.numbers, ts.positions)
    bonds[tree.row, tree.col] = bonds[tree.col, tree.row] = True
    graph = nx.from_numpy_array(bonds.astype(int))
    bridges = {frozenset(edge) for edge in nx.bridges(graph)}
    shared = set.intersection(*map(set, longest))
    if not shared or not all(frozenset(e) in bridges for e in longest):
        return None
    sides = []
    for edge in longest:
        without = bonds.copy()
        without[edge] = without[edge[::-1]] = False
        sides.append(connected_components(without, directed=False)[1].astype(np.uint8))
    return sides[0], sides[1]


def _beyond(ts: LoneTransitionState, known: SideGeometry, surface: Surface) -> SideGeometry:
    """The side that the path away from the known one leads to.

    Raises:
        CalculationError: `same_ends` where it leads back, `wrong_connectivity` where molecules that
            the transition state has brought together leave each other again in another way.
    """
    end = _pushed(ts, known, surface)
    fragments = fragments_of(ts.numbers, end)
    if fragments.max() > max(fragments_of(ts.numbers, ts.positions)):
        raise CalculationError("wrong_connectivity", "the path down falls apart")
    product = _relaxed_apart(ts, end, fragments, surface)
    if np.array_equal(_bonds(ts, known), _bonds(ts, product)):
        raise _same("the path down leads back to the reactant")
    return product


def _pushed(ts: LoneTransitionState, known: SideGeometry, surface: Surface) -> np.ndarray:
    """The end (N, 3) of the path on the other side than the known one."""
    atoms = surface.atoms(ts.numbers, ts.positions, ts.charge, ts.multiplicity)
    away = _away_from(ts, known)
    atoms.positions = ts.positions + PUSH * away / np.linalg.norm(away, axis=1).max()
    if not minimise(atoms, FMAX, MAX_STEPS, longest=LONGEST):
        raise CalculationError("xtb_not_relaxed", f"no minimum {MAX_STEPS} steps downhill")
    return atoms.get_positions()


def _away_from(ts: LoneTransitionState, known: SideGeometry) -> np.ndarray:
    """Displacement (N, 3) that goes on stretching the bonds that have begun to break.

    Raises:
        CalculationError: `same_ends` where none has.
    """
    between = ts.positions[:, None] - ts.positions
    here = np.linalg.norm(between, axis=-1)
    there = np.linalg.norm(known.positions[:, None] - known.positions, axis=-1)
    breaking = _bonds(ts, known) & (here > STRETCHED * there)
    if not breaking.any():
        raise _same("no bond of the reactant is stretched in the transition state")
    unit = between / (here + np.eye(len(here)))[..., None]
    return (breaking[..., None] * unit).sum(axis=1)


def _relaxed_apart(
    ts: LoneTransitionState, geometry: np.ndarray, fragments: np.ndarray, surface: Surface
) -> SideGeometry:
    """A geometry (N, 3) with each of its fragments relaxed by itself.

    Raises:
        CalculationError: As `relax`.
    """
    positions = np.array(geometry)
    side = Side(ts.numbers, geometry, fragments, ts.charge, ts.multiplicity)
    for name, molecule in zip(np.unique(fragments), molecules(side, surface), strict=True):
        positions[fragments == name] = _relaxed(molecule, surface)
    return SideGeometry(positions, fragments, relaxed=True)


def _relaxed(molecule: Molecule, surface: Surface) -> np.ndarray:
    if len(molecule.numbers) == 1:
        return molecule.positions
    return relax(*molecule, fmax=FMAX, surface=surface)[0]


def _named(
    ts: LoneTransitionState, one: SideGeometry, other: SideGeometry
) -> tuple[SideGeometry, SideGeometry]:
    """Both ends in the order of the reaction's name, where it has one.

    They know the minima of the molecules that are named.
    """
    for reactant, product in ((one, other), (other, one)):
        if _is(ts, reactant, ts.reactant_molecules) and _is(ts, product, ts.product_molecules):
            return (
                _with_minimum(ts, reactant, ts.reactant_molecules),
                _with_minimum(ts, product, ts.product_molecules),
            )
    raise CalculationError(
        "wrong_connectivity", "the path down does not end at the molecules that are named"
    )


def _is(
    ts: LoneTransitionState, side: SideGeometry, molecules: Sequence[NamedMolecule] | None
) -> bool:
    """Whether a side consists of these molecules, where they are known."""
    if molecules is None:
        return True
    found = [kind_of(ts.numbers[part], side.positions[part]) for part in side.parts]
    return sorted(chain(*found)) == sorted(chain(*(one.kind for one in molecules)))


def _with_minimum(
    ts: LoneTransitionState, side: SideGeometry, molecules: Sequence[NamedMolecule] | None
) -> SideGeometry:
    """A side that knows the minimum of its molecules, if all are named."""
    by_kind = {one.kind: one for one in molecules or ()}
    minimum = np.array(side.positions)
    for part in side.parts:
        here = ts.numbers[part], side.positions[part]
        if kind_of(*here) not in by_kind:
            return side
        minimum[part] = placed(by_kind[kind_of(*here)], *here)
    return side._replace(minimum=minimum)


def _same(message: str) -> CalculationError:
    return CalculationError("same_ends", message)

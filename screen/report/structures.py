"""The structures of a reaction, laid over each other and packed small for the page.

A reaction becomes one line of base64: a little-endian float32, the Angstrom that one unit stands
for, and then int16 numbers: which structures there are (bits of `Kept`), how many atoms, how many
bonds, the atomic numbers, three numbers for each bond (two atoms, bits of `Bond`) and the
coordinates of the structures that there are, in the order of `Kept`.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

import numpy as np

from tscreen.model.reactions.superposition import proper_rotation
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import bond_graph

CELLS = (*c.STRUCTURE, c.TS_POSITIONS, c.IMAGINARY_MODE)
"""The columns that the structures of a reaction are made of."""

UNITS = 32767


class Kept(IntFlag):
    """The structures that a packed reaction may hold."""

    REACTANT = 1
    TS = 2
    PRODUCT = 4
    MODE = 8


class Bond(IntFlag):
    """Where two atoms are bonded, and where they belong to separate molecules."""

    IN_REACTANT = 1
    IN_PRODUCT = 2
    APART_IN_REACTANT = 4
    APART_IN_PRODUCT = 8


@dataclass(frozen=True)
class DrawnSide:
    """The reactant or the product as it was given: positions (N, 3) in Angstrom, molecules (N,)."""

    positions: np.ndarray
    fragments: np.ndarray

    @property
    def apart(self) -> np.ndarray:
        """(N, N) bool: which atoms belong to separate molecules."""
        return self.fragments[:, None] != self.fragments[None]


def packed(row: Mapping[str, Any]) -> str:
    """One line for one reaction.

    Args:
        row: the `CELLS` of a result; positions may be null, or not finite where a step failed, and
            are then left out.
    """
    numbers = np.asarray(row[c.ATOMIC_NUMBERS] or [], np.uint8)
    reactant = _side(row[c.REACTANT_POSITIONS], row[c.REACTANT_FRAGMENTS], len(numbers))
    product = _side(row[c.PRODUCT_POSITIONS], row[c.PRODUCT_FRAGMENTS], len(numbers))
    ts = usable(row[c.TS_POSITIONS], len(numbers))
    mode = None if ts is None else usable(row[c.IMAGINARY_MODE], len(numbers))

    there = _superposed(reactant, ts, product, mode)
    bonds = bonds_of(numbers, reactant, product, ts)
    flat = np.concatenate([np.zeros(0), *(xyz.ravel() for xyz in there.values())])
    unit = float(np.abs(flat).max(initial=1.0)) / UNITS
    head = np.array([sum(there), len(numbers), len(bonds)])
    whole = np.concatenate([head, numbers, bonds.ravel(), np.rint(flat / unit)])
    raw = np.array(unit, "<f4").tobytes() + whole.astype("<i2").tobytes()
    return base64.b64encode(raw).decode()


def _superposed(
    reactant: DrawnSide | None,
    ts: np.ndarray | None,
    product: DrawnSide | None,
    mode: np.ndarray | None,
) -> dict[Kept, np.ndarray]:
    """What there is, (N, 3) each, in one frame: that of the TS, else of the first side there is."""
    known = [ts, *(side.positions for side in (reactant, product) if side is not None)]
    anchor = next((positions for positions in known if positions is not None), None)
    if anchor is None:
        return {}
    axes = _axes(anchor)
    anchor = flat(anchor)
    structures = {
        Kept.REACTANT: None if reactant is None else laid_over(reactant, anchor),
        Kept.TS: None if ts is None else anchor,
        Kept.PRODUCT: None if product is None else laid_over(product, anchor),
        Kept.MODE: None if mode is None else mode @ axes,
    }
    return {bit: xyz for bit, xyz in structures.items() if xyz is not None}


def laid_over(side: DrawnSide, anchor: np.ndarray) -> np.ndarray:
    """Each molecule of one side turned and moved onto the same atoms of another structure.

    Args:
        side: how its molecules are placed carries no information.
        anchor: (N, 3), Angstrom.

    Returns:
        (N, 3), Angstrom; distances within a molecule are unchanged, and so is its handedness.
    """
    laid = np.empty_like(anchor)
    for fragment in np.unique(side.fragments):
        own = side.fragments == fragment
        centre, target = side.positions[own].mean(0), anchor[own].mean(0)
        moving = side.positions[own] - centre
        laid[own] = moving @ proper_rotation(moving, anchor[own] - target) + target
    return laid


def bonds_of(
    numbers: np.ndarray,
    reactant: DrawnSide | None,
    product: DrawnSide | None,
    ts: np.ndarray | None,
) -> np.ndarray:
    """The bonds of either side, or those of the TS where neither side is known.

    Args:
        numbers: (N,) atomic numbers.
        reactant: None where it is not known.
        product: the same.
        ts: (N, 3), Angstrom.

    Returns:
        (B, 3) int: two atoms and the bits of `Bond`.
    """
    bonded = np.zeros((len(numbers), len(numbers)), int)
    separate = np.zeros_like(bonded)
    if reactant is not None:
        bonded |= Bond.IN_REACTANT * (bond_graph(numbers, reactant.positions) & ~reactant.apart)
        separate |= Bond.APART_IN_REACTANT * reactant.apart
    if product is not None:
        bonded |= Bond.IN_PRODUCT * (bond_graph(numbers, product.positions) & ~product.apart)
        separate |= Bond.APART_IN_PRODUCT * product.apart
    if reactant is None and product is None and ts is not None:
        bonded = (Bond.IN_REACTANT | Bond.IN_PRODUCT) * bond_graph(numbers, ts)
    elif reactant is None or product is None:  # nothing is known to break or form
        bonded[bonded > 0] = Bond.IN_REACTANT | Bond.IN_PRODUCT
    first, second = np.nonzero(np.triu(bonded))
    return np.column_stack([first, second, (bonded | separate)[first, second]])


def flat(positions: np.ndarray) -> np.ndarray:
    """A structure (N, 3) in the frame that its reaction is drawn in: centred, widest across."""
    return (positions - positions.mean(0)) @ _axes(positions)


def _axes(positions: np.ndarray) -> np.ndarray:
    """(3, 3) proper rotation that lays a structure flat before a viewer who looks along z."""
    axes = np.linalg.svd(positions - positions.mean(0), full_matrices=True)[2].T
    axes[:, 2] *= np.linalg.det(axes)
    return axes


def _side(positions: Any, fragments: Any, n_atoms: int) -> DrawnSide | None:
    found = usable(positions, n_atoms)
    if found is None or fragments is None or len(fragments) != n_atoms:
        return None
    return DrawnSide(found, np.asarray(fragments))


def usable(cell: Any, n_atoms: int) -> np.ndarray | None:
    """Positions (N, 3) in Angstrom; None where there are none, or they are not finite."""
    if not n_atoms or cell is None or len(cell) != n_atoms:
        return None
    positions = np.asarray(cell, float)
    return positions if np.isfinite(positions).all() else None

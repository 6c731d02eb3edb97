"""Put the separate fragments of a side where the other side says they belong.

How separate fragments were placed carries no information, so it must not reach the network. Each
fragment is moved as a rigid body onto the atoms of the other side (or, where both sides are
several molecules, onto what has been placed so far), which changes no distance within a fragment.
"""

import numpy as np
from numpy.typing import NDArray

from tscreen.model.reactions.superposition import proper_rotation

Positions = NDArray[np.float32]
Fragments = NDArray[np.integer]


def assemble(
    reactant: Positions,
    product: Positions,
    reactant_fragments: Fragments,
    product_fragments: Fragments,
) -> tuple[Positions, Positions]:
    """Both sides ``(N, 3)`` in Å, in one common frame that depends on no fragment's placement."""
    sides = (reactant.astype(np.float64), product.astype(np.float64))
    fragments = (reactant_fragments, product_fragments)
    anchor = int(_largest(fragments[1]).sum() > _largest(fragments[0]).sum())
    scaffold = _chain(sides, fragments, anchor)
    placed = tuple(
        _fit_fragments(side, ids, scaffold) for side, ids in zip(sides, fragments, strict=True)
    )
    return placed[0].astype(np.float32), placed[1].astype(np.float32)


def _largest(fragments: Fragments) -> NDArray[np.bool_]:
    ids, counts = np.unique(fragments, return_counts=True)
    return fragments == ids[np.argmax(counts)]


def _chain(sides: tuple, fragments: tuple, anchor: int) -> NDArray[np.float64]:
    """Lay the anchor side's largest fragment, then fragments that overlap what already lies."""
    scaffold = np.zeros_like(sides[0])
    known = _largest(fragments[anchor])
    scaffold[known] = sides[anchor][known] - sides[anchor][known].mean(0)
    pending = [(s, f) for s in (1 - anchor, anchor) for f in np.unique(fragments[s])]
    while not known.all():
        overlaps = [int((known & (fragments[s] == f)).sum()) for s, f in pending]
        best = int(np.argmax(overlaps))
        side, fragment = pending.pop(best)
        atoms = fragments[side] == fragment
        moved = _rigid_fit(sides[side], scaffold, atoms & known, atoms)
        scaffold[atoms & ~known] = moved[atoms & ~known]
        known |= atoms
    return scaffold


def _fit_fragments(
    side: NDArray[np.float64], fragments: Fragments, scaffold: NDArray[np.float64]
) -> NDArray[np.float64]:
    placed = np.empty_like(side)
    for fragment in np.unique(fragments):
        atoms = fragments == fragment
        placed[atoms] = _rigid_fit(side, scaffold, atoms, atoms)[atoms]
    return placed


def _rigid_fit(
    moving: NDArray[np.float64],
    fixed: NDArray[np.float64],
    shared: NDArray[np.bool_],
    atoms: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """``moving`` after the proper rigid motion that fits its ``shared`` atoms onto ``fixed``."""
    if not shared.any():  # nothing joins the two: side by side is as good as any other place
        gap = np.array([fixed[:, 0].max() + 3.0 - moving[atoms][:, 0].min(), 0.0, 0.0])
        return moving + gap
    from_0, to_0 = moving[shared].mean(0), fixed[shared].mean(0)
    rotation = proper_rotation(moving[shared] - from_0, fixed[shared] - to_0)
    return (moving - from_0) @ rotation + to_0

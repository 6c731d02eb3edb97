"""Random but chemically spaced reactions for tests that need no data."""

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from tscreen.schemas.reaction import Reaction

FLOAT = np.float32


def spaced_points(rng: np.random.Generator, n: int) -> np.ndarray:
    """``n`` points, each about 1.4 Å from an earlier one and none nearer than 0.9 Å to another."""
    points = [np.zeros(3)]
    while len(points) < n:
        step = rng.normal(size=3)
        candidate = points[rng.integers(len(points))] + 1.4 * step / np.linalg.norm(step)
        if min(np.linalg.norm(candidate - p) for p in points) > 0.9:
            points.append(candidate)
    return np.array(points, dtype=FLOAT)


def random_reaction(seed: int, *, n: int = 10, product_fragments: int = 1) -> Reaction:
    """A chiral tangle that is deformed, and, if asked, split, on its way to the product."""
    rng = np.random.default_rng(seed)
    reactant = spaced_points(rng, n)
    product = reactant + rng.normal(0, 0.25, (n, 3)).astype(FLOAT)
    fragments = np.sort(rng.integers(product_fragments, size=n)).astype(np.uint8)
    fragments[:product_fragments] = np.arange(product_fragments)
    return Reaction(
        reaction_id=f"random-{seed}",
        atomic_numbers=rng.choice([1, 6, 7, 8], size=n).astype(np.uint8),
        reactant_positions=reactant,
        product_positions=product,
        reactant_fragments=np.zeros(n, dtype=np.uint8),
        product_fragments=np.sort(fragments),
        charge=0,
        multiplicity=1,
    )


def rigidly_moved(positions: np.ndarray, fragments: np.ndarray, seed: int) -> np.ndarray:
    """Every fragment turned and moved by a motion of its own."""
    rng = np.random.default_rng(seed)
    out = positions.copy()
    for fragment in np.unique(fragments):
        atoms = fragments == fragment
        turn = Rotation.random(random_state=rng).as_matrix()
        out[atoms] = positions[atoms] @ turn + rng.normal(0, 5, 3)
    return out.astype(FLOAT)


def scattered(reaction: Reaction, seed: int) -> Reaction:
    """The reaction with every fragment of either side turned and moved by a motion of its own."""
    return replace(
        reaction,
        reactant_positions=rigidly_moved(
            reaction.reactant_positions, reaction.reactant_fragments, seed
        ),
        product_positions=rigidly_moved(
            reaction.product_positions, reaction.product_fragments, seed + 1
        ),
    )


FLIP = np.array([1, 1, -1], dtype=FLOAT)


def mirrored(reaction: Reaction) -> Reaction:
    """The mirror image: z of every position with the other sign."""
    return replace(
        reaction,
        reactant_positions=reaction.reactant_positions * FLIP,
        product_positions=reaction.product_positions * FLIP,
    )


def permuted(reaction: Reaction, order: np.ndarray) -> Reaction:
    """The reaction with its atoms in another order."""
    return replace(
        reaction,
        atomic_numbers=reaction.atomic_numbers[order],
        reactant_positions=reaction.reactant_positions[order],
        product_positions=reaction.product_positions[order],
        reactant_fragments=reaction.reactant_fragments[order],
        product_fragments=reaction.product_fragments[order],
    )

"""What the bonds of a side hold in place while a reaction goes on, and how far it can be kept.

Distance geometry (Crippen, J. Comput. Phys. 1977) with what both sides hold at once: like a
transition state, the structure that departs least from it is strained where, say, a double bond is
met from both faces.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

VOLUME = 5.0
"""Å³ spanned by the neighbours of a tetrahedral atom: the unit of its handedness."""
MAX_STEPS = 300


class Held(NamedTuple):
    """What hardly changes in a molecule while it moves, as matrices that act on its positions.

    Attributes:
        pairs: (M, n), to the vectors between two atoms that a bond, an angle or a stiff bond holds
            at their distance.
        edges: (3, Q, n), to three edges of the tetrahedron around each atom with four neighbours.
    """

    pairs: np.ndarray
    edges: np.ndarray

    @classmethod
    def of(cls, bonds: np.ndarray, pairs: np.ndarray, atoms: np.ndarray | None = None) -> "Held":
        """Those among some atoms of a molecule of N.

        Args:
            bonds: which atoms are bonded (N, N).
            pairs: which keep their distance (N, N), see `held_pairs`.
            atoms: indices (n,), None for all.
        """
        atoms = np.arange(len(bonds)) if atoms is None else atoms
        inner, one = np.ix_(atoms, atoms), np.eye(len(atoms))
        i, j = np.nonzero(np.triu(pairs[inner], 1))
        fours = [row for row in map(np.flatnonzero, bonds[inner]) if len(row) == 4]
        *others, last = np.array(fours, int).reshape(-1, 4).T
        return cls(one[i] - one[j], np.stack([one[other] - one[last] for other in others]))


def held_pairs(bonds: np.ndarray, stiff: np.ndarray) -> np.ndarray:
    """Pairs of atoms (N, N) that a bond, an angle or a stiff bond holds at their distance.

    Args:
        bonds: which atoms are bonded (N, N).
        stiff: which of these bonds nothing turns about (N, N).
    """
    one = bonds.astype(int)
    pairs = bonds | (one @ one > 0) | (one @ stiff.astype(int) @ one > 0)
    return pairs & ~np.eye(len(bonds), dtype=bool)


class Wishes(NamedTuple):
    """What a structure of n atoms should be like.

    Attributes:
        pairs: (M, n), to vectors between two atoms.
        lengths: of these vectors (M,), Å.
        weights: of what these depart by (M,).
        edges: (3, Q, n), to three edges of a tetrahedron.
        volumes: that these span (Q,), Å³.
        least: whether a length is the least one, and may be exceeded (M,).
    """

    pairs: np.ndarray
    lengths: np.ndarray
    weights: np.ndarray
    edges: np.ndarray
    volumes: np.ndarray
    least: np.ndarray

    @classmethod
    def of_sides(cls, held: Sequence[Held], sides: Sequence[np.ndarray]) -> "Wishes":
        """To keep at once what each of several structures (n, 3) holds."""
        kept = [(part.pairs @ x, part.edges @ x) for part, x in zip(held, sides, strict=True)]
        lengths = np.concatenate([np.linalg.norm(vectors, axis=1) for vectors, _ in kept])
        return cls(
            np.concatenate([part.pairs for part in held]),
            lengths,
            np.ones(len(lengths)),
            np.concatenate([part.edges for part in held], axis=1),
            np.concatenate([_volumes(spanned)[0] for _, spanned in kept]),
            np.zeros(len(lengths), dtype=bool),
        )

    def also(self, pairs: np.ndarray, lengths: np.ndarray, weight: float, least: bool) -> "Wishes":
        """These, and pairs (K, 2) of atoms at a length (K,), at least or just so."""
        one = np.eye(self.pairs.shape[1])
        first, second = pairs.T
        return self._replace(
            pairs=np.concatenate([self.pairs, one[first] - one[second]]),
            lengths=np.append(self.lengths, lengths),
            weights=np.append(self.weights, np.full(len(pairs), weight)),
            least=np.append(self.least, np.full(len(pairs), least)),
        )

    def departure(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Of a structure (n, 3): a sum of squares in Å², and its gradient (n, 3)."""
        vectors = self.pairs @ x
        found = np.linalg.norm(vectors, axis=1) + 1e-9
        longer = found - self.lengths
        longer[self.least & (longer > 0)] = 0.0
        filled, slopes = _volumes(self.edges @ x)
        larger = (filled - self.volumes) / VOLUME
        pull = self.weights * longer
        gradient = self.pairs.T @ ((pull / found)[:, None] * vectors)
        push = (larger / VOLUME)[:, None] * slopes
        gradient += self.edges.reshape(-1, len(x)).T @ push.reshape(-1, 3)
        return float(pull @ longer + larger @ larger), 2 * gradient

    def nearest(self, start: np.ndarray) -> tuple[float, np.ndarray]:
        """What is left of the departure from a start (n, 3) on, and the structure (n, 3)."""

        def flat(x: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = self.departure(x.reshape(-1, 3))
            return value, gradient.ravel()

        options = {"ftol": 1e-5, "maxiter": MAX_STEPS}
        found = minimize(flat, start.ravel(), jac=True, method="L-BFGS-B", options=options)
        return float(found.fun), found.x.reshape(-1, 3)


def _volumes(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Signed volumes (Q,) of the boxes with edges (3, Q, 3), and their slopes (3, Q, 3)."""
    a, b, c = edges
    slopes = np.stack([_cross(b, c), _cross(c, a), _cross(a, b)])
    return (a * slopes[0]).sum(axis=1), slopes


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`np.cross` of (Q, 3) without its checks, which take most of its time."""
    y, z = [1, 2, 0], [2, 0, 1]
    return a[:, y] * b[:, z] - a[:, z] * b[:, y]

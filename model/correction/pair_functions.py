"""What the atoms of one molecule see of each other, in NumPy, and the derivative of it.

The same numbers as `basis.pair_basis`, for `evaluator`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
"""Single precision, save for what comes from distances."""

NEIGHBOURS = 12.0
"""Of an atom within the cutoff, roughly; keeps sums over neighbours near unity."""
ROOT_3 = np.float32(3.0**0.5)


class Radial:
    """The radial functions and their cutoff.

    Args:
        number: How many, K.
        cutoff: Å.
    """

    def __init__(self, number: int, cutoff: float) -> None:
        self.number, self._cutoff_2 = number, cutoff**2
        self._centres = np.linspace(0.7, 0.85 * cutoff, number)
        self._width = 1.1 * (self._centres[1] - self._centres[0])

    def __call__(
        self, square: NDArray[np.float64], distance: NDArray[np.float64]
    ) -> tuple[Array, Array]:
        """Values (N, N, K) and their derivatives by the distance, in 1/Å; 0 on the diagonal.

        Args:
            square: Of the distances (N, N), Å².
            distance: (N, N) in Å.
        """
        left = np.maximum(1 - square / self._cutoff_2, 0)
        np.fill_diagonal(left, 0.0)
        left_2 = left * left / NEIGHBOURS**0.5
        envelope = (left_2 * left)[..., None]
        tilt = (left_2 * distance * (-6 / self._cutoff_2))[..., None]
        reduced = (distance[..., None] - self._centres) / self._width
        gauss = np.exp(-reduced * reduced)
        slope = gauss * (tilt - envelope * reduced * (2 / self._width))
        return (envelope * gauss).astype(np.float32), slope.astype(np.float32)


class Pairs(NamedTuple):
    """All pairs of N atoms, receivers first.

    Attributes:
        unit: To the sender (3, N, N).
        distance: Å (N, N), 1 on the diagonal.
        radial: (N, N, K), 0 on the diagonal and beyond the cutoff.
        slope: Its derivative by the distance, 1/Å.
        angular: 1, the unit vector and the degree-2 harmonics (9, N, N).
        basis: Their products (9, N, N·K).
    """

    unit: Array
    distance: NDArray[np.float64]
    radial: Array
    slope: Array
    angular: Array
    basis: Array


def pairs_of(positions: NDArray[np.floating], radial: Radial) -> Pairs:
    """All pairs of a molecule, positions (N, 3) in Å."""
    x = np.asarray(positions, dtype=np.float64).T
    n = x.shape[1]
    away = x[:, None] - x[:, :, None]
    square = (away * away).sum(0)
    np.fill_diagonal(square, 1.0)
    distance = np.sqrt(square)
    angular = np.empty((9, n, n), np.float32)
    angular[0] = 1
    angular[1:4] = away / distance
    bend(angular[None, 1:4], angular[None, 4:])
    values, slope = radial(square, distance)
    basis = (angular[..., None] * values).reshape(9, n, -1)
    return Pairs(angular[1:4], distance, values, slope, angular, basis)


def gradient(pairs: Pairs, d_basis: Array) -> NDArray[np.float64]:
    """Derivatives (N, 3) of the energy by the positions, given those by the basis."""
    d = d_basis.reshape(9, *pairs.radial.shape)
    d_angular = (d * pairs.radial).sum(-1)
    d_radial = (pairs.angular[..., None] * d).sum(0)
    d_distance = (d_radial * pairs.slope).sum(-1)
    d_unit = d_angular[1:4] + unbend(pairs.unit[None], d_angular[None, 4:])[0]
    along = (d_unit * pairs.unit).sum(0)
    d_away = pairs.unit * (d_distance - along / pairs.distance) + d_unit / pairs.distance
    return (d_away.sum(1) - d_away.sum(2)).T.astype(np.float64)


def bend(p: Array, out: Array | None = None) -> Array:
    """Degree-2 harmonics (M, 5, ...) of vectors (M, 3, ...)."""
    if out is None:
        out = np.empty((len(p), 5, *p.shape[2:]), np.float32)
    x, y, z = p[:, 0], p[:, 1], p[:, 2]
    root_y, xx, yy = ROOT_3 * y, x * x, y * y
    np.multiply(x, root_y, out=out[:, 0])
    np.multiply(z, root_y, out=out[:, 1])
    np.subtract(z * z, (xx + yy) * np.float32(0.5), out=out[:, 2])
    np.multiply(x * z, ROOT_3, out=out[:, 3])
    np.multiply(xx - yy, np.float32(0.5) * ROOT_3, out=out[:, 4])
    return out


def unbend(p: Array, d: Array) -> Array:
    """Derivative by vectors (M, 3, ...), given those by their harmonics (M, 5, ...)."""
    x, y, z = p[:, 0], p[:, 1], p[:, 2]
    rooted = ROOT_3 * d
    a, b, e, f, c = rooted[:, 0], rooted[:, 1], rooted[:, 3], rooted[:, 4], d[:, 2]
    out = np.empty_like(p)
    np.add(a * y + e * z, (f - c) * x, out=out[:, 0])
    np.subtract(a * x + b * z, (f + c) * y, out=out[:, 1])
    np.add(b * y + e * x, (c + c) * z, out=out[:, 2])
    return out

"""How likely each of several uncertain values is among the lowest."""

import numpy as np
from numpy.typing import NDArray

INTERVAL = 3.2897
"""Standard deviations that a 90 % interval of a normal distribution spans."""
DRAWS = 20_000
DRAWS_AT_ONCE = 500


def chances(
    values: NDArray[np.float64], spreads: NDArray[np.float64], top_k: int
) -> NDArray[np.float64]:
    """The probability that each value is among the `top_k` lowest.

    By Monte Carlo with a fixed seed, so that the same run is always ranked alike: 20,000 draws,
    which leave a standard error of at most 0.004. The errors are taken for normal and independent.

    Args:
        values: (n,).
        spreads: standard deviations (n,).
        top_k: how many are the best.

    Returns:
        (n,), of sum `top_k` or, where there are fewer values, all 1.
    """
    n = len(values)
    if n <= top_k:
        return np.ones(n)
    random = np.random.default_rng(0)
    wins = np.zeros(n)
    for _ in range(DRAWS // DRAWS_AT_ONCE):
        drawn = random.normal(values, spreads, (DRAWS_AT_ONCE, n))
        best = np.argpartition(drawn, top_k - 1, axis=1)[:, :top_k]
        wins += np.bincount(best.ravel(), minlength=n)
    return wins / DRAWS

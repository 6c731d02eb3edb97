"""The denoiser's tensor product, forward and backward: ours against e3nn's own modules.

    python bench/model/operations/equivariant_product.py [--atoms 1344] [--repeats 20]

Both map the same irreps to two factors and multiply them channel by channel
(`o3.Linear` twice and `o3.TensorProduct` against `EquivariantLinear` and `ChannelwiseProduct`),
turn by turn in one run. Prints milliseconds and their ratio.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from e3nn import o3

from tscreen.model.inference.loading import use_threads
from tscreen.model.networks.denoiser import CHANNELS, HIDDEN
from tscreen.model.networks.equivariant import PATHS, ChannelwiseProduct, EquivariantLinear

STATE = tuple(2 * multiplicity for multiplicity in HIDDEN)


def ours(atoms: int) -> Callable[[], torch.Tensor]:
    """Features by degree, channels last."""
    linear = EquivariantLinear(STATE, (2 * CHANNELS,) * 3)
    product = ChannelwiseProduct(CHANNELS)
    state = [torch.randn(atoms, 2 * degree + 1, c) for degree, c in enumerate(STATE)]

    def run() -> torch.Tensor:
        factors = [part.chunk(2, dim=-1) for part in linear(state)]
        result = product([left for left, _ in factors], [right for _, right in factors])
        return torch.stack([part.sum() for part in result]).sum()

    return run


def theirs(atoms: int) -> Callable[[], torch.Tensor]:
    """Features flat, as e3nn keeps them."""
    irreps_in = o3.Irreps("{}x0e + {}x1o + {}x2e".format(*STATE))
    irreps = o3.Irreps(f"{CHANNELS}x0e + {CHANNELS}x1o + {CHANNELS}x2e")
    left, right = o3.Linear(irreps_in, irreps), o3.Linear(irreps_in, irreps)
    paths = [(*path, "uuu", True) for path in PATHS]
    product = o3.TensorProduct(irreps, irreps, irreps, paths)
    state = irreps_in.randn(atoms, -1)

    def run() -> torch.Tensor:
        return product(left(state), right(state)).sum()

    return run


def main() -> None:
    """Time both, turn by turn."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--atoms", type=int, default=1344, help="32 reactions of 14, 3 samples")
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    use_threads(None)
    runs = {"ours": ours(options.atoms), "e3nn": theirs(options.atoms)}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(3 + options.repeats):
        for name, run in runs.items():
            start = time.perf_counter()
            run().backward()
            seconds[name].append(time.perf_counter() - start)
    fast, slow = (statistics.median(seconds[name][3:]) for name in ("ours", "e3nn"))
    print(f"ours {1e3 * fast:.2f} ms, e3nn {1e3 * slow:.2f} ms, ratio {slow / fast:.2f}")


if __name__ == "__main__":
    main()

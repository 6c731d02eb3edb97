"""A committee's energy and forces of one molecule, in NumPy, with a gradient written by hand.

The same numbers as `network.CorrectionNetwork` with autograd (a test compares them). A search asks
for one small molecule at a time, where the cost is that of calling functions: without autograd,
and with the members of the committee side by side in the same matrix products, a call takes a
fraction of the time, and the processes that search need not load torch.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Weights = Mapping[str, NDArray[np.float32]]

NEIGHBOURS = 12.0
ROOT_3 = np.float32(3.0**0.5)


class Shape(NamedTuple):
    """Sizes that the weights do not tell: message channels, radial functions, cutoff in Å."""

    message_channels: int
    n_radial: int
    cutoff: float


class Pairs(NamedTuple):
    """All pairs of N atoms, receivers first.

    Attributes:
        unit: to the sender (N, N, 3).
        distance: Å (N, N), 1 on the diagonal.
        radial: (N, N, K), 0 on the diagonal and beyond the cutoff.
        slope: its derivative by the distance, 1/Å.
        angular: 1, the unit vector and the degree-2 harmonics (9, N, N).
        basis: their products (9, N, N·K).
    """

    unit: NDArray[np.floating]
    distance: NDArray[np.floating]
    radial: Array
    slope: Array
    angular: Array
    basis: Array


class CommitteeEvaluator:
    """The mean of M networks for molecules of fixed atoms.

    Args:
        members: weights of each network.
        shape: of all.
        numbers: atomic numbers (N,).
        output: which of the networks' energies is wanted.
    """

    def __init__(
        self, members: Sequence[Weights], shape: Shape, numbers: NDArray[np.uint8], output: int
    ) -> None:
        self._shape, self._n, self._m = shape, len(numbers), len(members)
        self._w = {name: np.stack([m[name] for m in members]) for name in members[0]}
        alone = self._w["embed.weight"][:, numbers]
        table = self._w["first.send.weight"][:, numbers]
        k, m = shape.n_radial, shape.message_channels
        # (M, N, 3, K, m) -> three of (N·K, M·m)
        sent = table.reshape(self._m, self._n, 3, k, m).transpose(2, 1, 3, 0, 4)
        self._sent = [x.reshape(self._n * k, -1) for x in sent]
        self._alone = alone
        self._output = output
        at_rest, _ = self._read_out(alone)
        self._alone_out = (at_rest @ _t(self._w["out.weight"])).sum(1, dtype=np.float64)

    def __call__(self, positions: NDArray[np.floating]) -> tuple[float, NDArray[np.float64]]:
        """Mean energy in eV and its forces (N, 3) in eV/Å at positions (N, 3) in Å."""
        pairs = _pairs(positions, self._shape)
        passed = self._forward(pairs.basis)
        out = self._w["out.weight"][:, self._output, :, None] / np.float32(self._m)
        value = (passed.read_out @ out).sum() - self._alone_out[:, self._output].mean()
        d_h = (passed.read_out_slope * out[:, None, :, 0]) @ self._w["hidden.weight"]
        return float(value), -_gradient(pairs, self._backward(pairs.basis, passed, d_h))

    def outputs(self, positions: NDArray[np.floating]) -> NDArray[np.float64]:
        """All energies that each member reads out (M, O), eV, at positions (N, 3) in Å."""
        passed = self._forward(_pairs(positions, self._shape).basis)
        read_out = passed.read_out @ _t(self._w["out.weight"])
        return read_out.sum(1, dtype=np.float64) - self._alone_out

    def _forward(self, basis: Array) -> "_Passed":
        w = self._w
        up_1 = _Update(w, "first_update", self._alone, self._densities(basis, self._sent), None)
        h, v = up_1.features, up_1.vectors
        assert v is not None
        sent = [self._flat(h @ _t(w[f"second.send.{degree}.weight"])) for degree in range(3)]
        straight = self._carried(v @ _t(w["second.send_straight.weight"])[:, None])
        inward = self._carried(v @ _t(w["second.send_inward.weight"])[:, None])
        densities = self._densities(basis, sent)
        densities[1] += self._members(basis[0] @ straight)
        inner = self._members((basis[1:4] @ inward).sum(0, keepdims=True))[:, 0]
        up_2 = _Update(w, "second_update", h, densities, inner)
        return _Passed(up_1, sent, straight, inward, up_2, *self._read_out(up_2.features))

    def _backward(self, basis: Array, passed: "_Passed", d_h: Array) -> Array:
        """Derivative by the basis (9, N, N·K), given that by the last features (M, N, C)."""
        w, sent, straight, inward = self._w, passed.sent, passed.straight, passed.inward
        d_h, d_densities, d_inner = passed.second.backward(d_h, None)
        flat = [self._columns(d) for d in d_densities]
        d_in = self._columns(d_inner[:, None])[0]
        d_basis = self._d_basis(flat, sent)
        for x in range(3):
            d_basis[0] += flat[1][x] @ straight[x].T
            d_basis[1 + x] += d_in @ inward[x].T
        back = basis.transpose(0, 2, 1)
        d_sent = back[0] @ flat[0][0], (back[1:4] @ flat[1]).sum(0), (back[4:] @ flat[2]).sum(0)
        for degree, d in enumerate(d_sent):
            d_h = d_h + self._unflat(d) @ w[f"second.send.{degree}.weight"]
        d_v = self._uncarried(back[0] @ flat[1]) @ w["second.send_straight.weight"][:, None]
        d_v += self._uncarried(back[1:4] @ d_in) @ w["second.send_inward.weight"][:, None]
        _, d_densities, _ = passed.first.backward(d_h, d_v)
        return d_basis + self._d_basis([self._columns(d) for d in d_densities], self._sent)

    @staticmethod
    def _d_basis(d_densities: Sequence[Array], sent: Sequence[Array]) -> Array:
        parts = [d @ x.T for d, x in zip(d_densities, sent, strict=True)]
        return np.concatenate(parts)

    def _read_out(self, h: Array) -> tuple[Array, Array]:
        """The last hidden layer (M, N, C), and its derivative by what goes into it."""
        w = self._w
        return _silu(h @ _t(w["hidden.weight"]) + w["hidden.bias"][:, None])

    def _densities(self, basis: Array, sent: Sequence[Array]) -> list[Array]:
        parts = basis[:1] @ sent[0], basis[1:4] @ sent[1], basis[4:] @ sent[2]
        return [self._members(part) for part in parts]

    def _members(self, x: Array) -> Array:
        """(A, N, M·m) as (M, A, N, m)."""
        return x.reshape(len(x), self._n, self._m, -1).transpose(2, 0, 1, 3)

    def _columns(self, x: Array) -> Array:
        """(M, A, N, m) as (A, N, M·m)."""
        return x.transpose(1, 2, 0, 3).reshape(x.shape[1], self._n, -1)

    def _flat(self, x: Array) -> Array:
        """(M, N, K·m) as (N·K, M·m)."""
        k = self._shape.n_radial
        return x.reshape(self._m, self._n, k, -1).transpose(1, 2, 0, 3).reshape(self._n * k, -1)

    def _unflat(self, x: Array) -> Array:
        """(N·K, M·m) as (M, N, K·m)."""
        k = self._shape.n_radial
        split = x.reshape(self._n, k, self._m, -1)
        return split.transpose(2, 0, 1, 3).reshape(self._m, self._n, -1)

    def _carried(self, x: Array) -> Array:
        """(M, 3, N, K·m) as (3, N·K, M·m)."""
        k = self._shape.n_radial
        split = x.reshape(self._m, 3, self._n, k, -1)
        return split.transpose(1, 2, 3, 0, 4).reshape(3, self._n * k, -1)

    def _uncarried(self, x: Array) -> Array:
        """(3, N·K, M·m) as (M, 3, N, K·m)."""
        split = x.reshape(3, self._n, self._shape.n_radial, self._m, -1)
        return split.transpose(3, 0, 1, 2, 4).reshape(self._m, 3, self._n, -1)


class _Passed(NamedTuple):
    """What the forward pass leaves for the backward one."""

    first: "_Update"
    sent: Sequence[Array]
    straight: Array
    inward: Array
    second: "_Update"
    read_out: Array
    read_out_slope: Array


class _Update:
    """`network.Update` for M members, and its derivative."""

    def __init__(
        self, w: Weights, name: str, h: Array, densities: Sequence[Array], inner: Array | None
    ) -> None:
        def weight(part: str) -> Array:
            return w[f"{name}.{part}"]

        self._weight = weight
        self._with_vectors = f"{name}.vector_gate.weight" in w
        m = densities[0].shape[-1]
        mixed = densities[1] @ _t(weight("mix_vector.weight"))[:, None]
        self._p, self._q = mixed[..., :m], mixed[..., m : 2 * m]
        mixed_tensor = densities[2] @ _t(weight("mix_tensor.weight"))[:, None]
        self._s, self._t = mixed_tensor[..., :m], mixed_tensor[..., m:]
        self._bent = _bend(self._p)
        invariants = [densities[0][:, 0]] if inner is None else [densities[0][:, 0], inner]
        invariants += [
            (self._p * self._q).sum(1),
            (self._s * self._t).sum(1),
            (self._bent * self._s).sum(1),
        ]
        self._read = np.concatenate(invariants, -1) @ _t(weight("read.weight"))
        gate = h @ _t(weight("gate.weight")) + weight("gate.bias")[:, None] + self._read
        self._opened, self._slope = _silu(gate)
        self.features = h + (self._read * self._opened) @ _t(weight("write.weight"))
        self.vectors: Array | None = None
        if self._with_vectors:
            self._r = mixed[..., 2 * m :]
            scale = self.features @ _t(weight("vector_gate.weight"))
            self._scale = (scale + weight("vector_gate.bias")[:, None])[:, None]
            self.vectors = self._r * self._scale

    def backward(self, d_h: Array, d_v: Array | None) -> tuple[Array, list[Array], Array]:
        """Derivatives by old features, densities and inner sums, given those by the new ones."""
        weight = self._weight
        d_r = None
        if d_v is not None:
            d_r = d_v * self._scale
            d_h = d_h + (d_v * self._r).sum(1) @ weight("vector_gate.weight")
        d_y = d_h @ weight("write.weight")
        d_gate = d_y * self._read * self._slope
        d_read = d_y * self._opened + d_gate
        d_old = d_h + d_gate @ weight("gate.weight")
        m = self._p.shape[-1]
        parts = (d_read @ weight("read.weight")).reshape(*d_read.shape[:2], -1, m)
        d_scalar, *d_inner, d_pq, d_st, d_bent = parts.transpose(2, 0, 1, 3)[:, :, None]
        d_p = d_pq * self._q + _unbend(self._p, d_bent * self._s)
        d_vector = [d_p, d_pq * self._p] + ([] if d_r is None else [d_r])
        d_tensor = [d_st * self._t + d_bent * self._bent, d_st * self._s]
        d_densities = [
            d_scalar,
            np.concatenate(d_vector, -1) @ weight("mix_vector.weight")[:, None],
            np.concatenate(d_tensor, -1) @ weight("mix_tensor.weight")[:, None],
        ]
        return d_old, d_densities, d_inner[0][:, 0] if d_inner else d_scalar


def _t(matrices: Array) -> Array:
    return matrices.transpose(0, 2, 1)


def _silu(x: Array) -> tuple[Array, Array]:
    """x·σ(x) and its derivative."""
    sigmoid = 1 / (1 + np.exp(-x))
    y = x * sigmoid
    return y, sigmoid + y * (1 - sigmoid)


def _bend(p: Array) -> Array:
    """Degree-2 harmonics (M, 5, ...) of vectors (M, 3, ...)."""
    x, y, z = p[:, 0], p[:, 1], p[:, 2]
    xx, yy = x * x, y * y
    parts = [
        ROOT_3 * x * y,
        ROOT_3 * y * z,
        z * z - 0.5 * (xx + yy),
        ROOT_3 * x * z,
        0.5 * ROOT_3 * (xx - yy),
    ]
    return np.stack(parts, axis=1)


def _unbend(p: Array, d: Array) -> Array:
    """Derivative by vectors (M, 3, ...), given those by their harmonics (M, 5, ...)."""
    x, y, z = p[:, 0], p[:, 1], p[:, 2]
    a, b, c, e, f = (d[:, i] for i in range(5))
    parts = [
        ROOT_3 * (a * y + e * z + f * x) - c * x,
        ROOT_3 * (a * x + b * z - f * y) - c * y,
        ROOT_3 * (b * y + e * x) + 2 * c * z,
    ]
    return np.stack(parts, axis=1)


def _pairs(positions: NDArray[np.floating], shape: Shape) -> Pairs:
    x = np.asarray(positions, dtype=np.float64)
    n, k = len(x), shape.n_radial
    away = x[None] - x[:, None]
    square = (away**2).sum(-1)
    np.fill_diagonal(square, 1.0)
    distance = np.sqrt(square)
    unit = away / distance[..., None]
    left = np.clip(1 - square / shape.cutoff**2, 0, None)
    np.fill_diagonal(left, 0.0)
    left /= NEIGHBOURS ** (1 / 6)  # its cube is the envelope
    centres = np.linspace(0.7, 0.85 * shape.cutoff, k)
    width = 1.1 * (centres[1] - centres[0])
    reduced = (distance[..., None] - centres) / width
    gauss = np.exp(-(reduced**2))
    envelope = left[..., None] ** 3
    tilt = -6 * (left**2 * distance)[..., None] / (shape.cutoff**2 * NEIGHBOURS ** (1 / 6))
    radial = (envelope * gauss).astype(np.float32)
    slope = (gauss * (tilt - envelope * 2 * reduced / width)).astype(np.float32)
    direction = np.moveaxis(unit, -1, 0)
    angular = np.concatenate([np.ones((1, n, n)), direction, _bend(direction[None])[0]])
    angular = angular.astype(np.float32)
    basis = (angular[..., None] * radial).reshape(9, n, n * k)
    return Pairs(unit, distance, radial, slope, angular, basis)


def _gradient(pairs: Pairs, d_basis: Array) -> NDArray[np.float64]:
    """Derivatives (N, 3) of the energy by the positions, given those by the basis."""
    d = d_basis.reshape(9, *pairs.radial.shape)
    d_radial = (pairs.angular[..., None] * d).sum(0)
    d_angular = (d * pairs.radial).sum(-1)
    d_distance = (d_radial * pairs.slope).sum(-1)
    unit = np.moveaxis(pairs.unit, -1, 0)
    d_unit = d_angular[1:4] + _unbend(unit[None], d_angular[None, 4:])[0]
    along = (d_unit * unit).sum(0)
    d_away = unit * (d_distance - along / pairs.distance) + d_unit / pairs.distance
    return (d_away.sum(1) - d_away.sum(2)).T.astype(np.float64)

"""A committee's energy and forces of one molecule, in NumPy, with a gradient written by hand.

The same numbers as `network.CorrectionNetwork` with autograd (a test compares them). A search asks
for one small molecule at a time, where the cost is that of calling functions: without autograd,
and with the members of the committee side by side in the same matrix products, a call takes a
fraction of the time, and the processes that search need not load torch.

The products are small: one thread does them soonest. Where other work keeps the cores busy, two
take sixty times as long, as they wait for each other at every product.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from tscreen.model.correction.pair_functions import (
    Array,
    Radial,
    bend,
    gradient,
    pairs_of,
    unbend,
)

Weights = Mapping[str, Array]


def _one_thread() -> AbstractContextManager:
    return _matrix_products().limit(limits=1)


@cache
def _matrix_products() -> ThreadpoolController:
    """Of the library that NumPy multiplies matrices with."""
    return ThreadpoolController().select(user_api="blas")


class Shape(NamedTuple):
    """Sizes that the weights do not tell: message channels, radial functions, cutoff in Å."""

    message_channels: int
    n_radial: int
    cutoff: float


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
        self._n, self._m, self._k = len(numbers), len(members), shape.n_radial
        self._radial = Radial(shape.n_radial, shape.cutoff)
        w = {name: np.stack([m[name] for m in members]) for name in members[0]}
        self._first, self._second = _Update(w, "first_update"), _Update(w, "second_update")
        self._hidden, self._bias = w["hidden.weight"], w["hidden.bias"][:, None]
        # One matrix product for all degrees, and one for all that vectors send.
        self._send = np.concatenate([w[f"second.send.{degree}.weight"] for degree in range(3)], 1)
        self._send_vectors = np.concatenate(
            [w["second.send_straight.weight"], w["second.send_inward.weight"]], 1
        )
        self._alone = w["embed.weight"][:, numbers]
        self._gate_alone = self._first.gate(self._alone)
        # (M, N, 3·K·m) -> (3, N·K, M·m)
        self._sent = self._by_degree(w["first.send.weight"][:, numbers])
        self._output, self._out = output, w["out.weight"]
        at_rest, _ = self._read_out(self._alone)
        self._alone_out = (at_rest @ _t(self._out)).sum(1, dtype=np.float64)

    def __call__(self, positions: NDArray[np.floating]) -> tuple[float, NDArray[np.float64]]:
        """Mean energy in eV and its forces (N, 3) in eV/Å at positions (N, 3) in Å."""
        with _one_thread():
            return self._mean(positions)

    def _mean(self, positions: NDArray[np.floating]) -> tuple[float, NDArray[np.float64]]:
        pairs = pairs_of(positions, self._radial)
        passed = self._forward(pairs.basis)
        out = self._out[:, self._output, :, None] / np.float32(self._m)
        value = (passed.read_out @ out).sum(dtype=np.float64)
        value -= self._alone_out[:, self._output].mean()
        d_h = (passed.read_out_slope * out[:, None, :, 0]) @ self._hidden
        return float(value), -gradient(pairs, self._backward(pairs.basis, passed, d_h))

    def outputs(self, positions: NDArray[np.floating]) -> NDArray[np.float64]:
        """All energies that each member reads out (M, O), eV, at positions (N, 3) in Å."""
        with _one_thread():
            passed = self._forward(pairs_of(positions, self._radial).basis)
            read_out = passed.read_out @ _t(self._out)
        return read_out.sum(1, dtype=np.float64) - self._alone_out

    def _forward(self, basis: Array) -> "_Forward":
        first = self._first.forward(
            self._alone, self._gate_alone, self._densities(basis, self._sent), None
        )
        h, v = first.features, first.vectors
        assert v is not None
        sent = self._by_degree(h @ _t(self._send))
        straight, inward = self._by_component(v @ _t(self._send_vectors))
        scalar, vector, tensor = self._densities(basis, sent)
        vector = vector + self._members(basis[0] @ straight)
        inner = self._members((basis[1:4] @ inward).sum(0))
        second = self._second.forward(h, self._second.gate(h), (scalar, vector, tensor), inner)
        read_out = self._read_out(second.features)
        return _Forward(first, sent, straight, inward, second, *read_out)

    def _backward(self, basis: Array, passed: "_Forward", d_h: Array) -> Array:
        """Derivative by the basis (9, N, N·K), given that by the last features (M, N, C)."""
        n = self._n
        straight, inward = passed.straight, passed.inward
        d_read, (d_scalar, d_vector, d_tensor), d_in = self._second.backward(
            passed.second, d_h, None
        )
        assert d_in is not None
        d_h = d_h + self._second.gate_backward(d_read)
        seconds = [self._columns(d) for d in (d_scalar, d_vector, d_tensor)]
        d_inner, by_component = self._columns(d_in), seconds[1].reshape(3, n, -1)
        flat = basis.reshape(9 * n, -1)
        by_degree = flat[:n], flat[n : 4 * n], flat[4 * n :]
        d_sent = np.array([b.T @ d for b, d in zip(by_degree, seconds, strict=True)])
        d_h += self._from_degrees(d_sent) @ self._send
        d_carried = np.array([basis[0].T @ by_component, basis[1:4].transpose(0, 2, 1) @ d_inner])
        d_v = self._from_components(d_carried) @ self._send_vectors
        _, d_densities, _ = self._first.backward(passed.first, d_h, d_v)
        firsts = [self._columns(d) for d in d_densities]
        d_basis = np.empty_like(basis)
        d_degrees = d_basis.reshape(9 * n, -1)
        for degree, part in enumerate((slice(n), slice(n, 4 * n), slice(4 * n, None))):
            # What was summed at the receivers is one matrix product, messages of both layers
            # beside each other.
            d = np.concatenate([firsts[degree], seconds[degree]], 1)
            x = np.concatenate([self._sent[degree], passed.sent[degree]], 1)
            np.matmul(d, x.T, out=d_degrees[part])
        d_basis[0] += (by_component @ straight.transpose(0, 2, 1)).sum(0)
        d_basis[1:4] += d_inner @ inward.transpose(0, 2, 1)
        return d_basis

    def _read_out(self, h: Array) -> tuple[Array, Array]:
        """The last hidden layer (M, N, C), and its derivative by what goes into it."""
        return _silu(h @ _t(self._hidden) + self._bias)

    def _densities(self, basis: Array, sent: Array) -> tuple[Array, Array, Array]:
        """Messages (3, N·K, M·m) summed at the receivers: (M, A·N, m) for each degree."""
        n, flat = self._n, basis.reshape(9 * self._n, -1)
        return (
            self._members(flat[:n] @ sent[0]),
            self._members(flat[n : 4 * n] @ sent[1]),
            self._members(flat[4 * n :] @ sent[2]),
        )

    def _members(self, x: Array) -> Array:
        """(..., A·N, M·m) as (M, A·N, m)."""
        return x.reshape(-1, self._m, x.shape[-1] // self._m).transpose(1, 0, 2)

    def _columns(self, x: Array) -> Array:
        """(M, A·N, m) as (A·N, M·m)."""
        return x.transpose(1, 0, 2).reshape(x.shape[1], -1)

    def _by_degree(self, x: Array) -> Array:
        """(M, N, 3·K·m) as (3, N·K, M·m)."""
        split = x.reshape(self._m, self._n, 3, self._k, -1)
        return split.transpose(2, 1, 3, 0, 4).reshape(3, self._n * self._k, -1)

    def _from_degrees(self, x: Array) -> Array:
        """(3, N·K, M·m) as (M, N, 3·K·m)."""
        split = x.reshape(3, self._n, self._k, self._m, -1)
        return split.transpose(3, 1, 0, 2, 4).reshape(self._m, self._n, -1)

    def _by_component(self, x: Array) -> Array:
        """(M, 3·N, 2·K·m) as (2, 3, N·K, M·m)."""
        split = x.reshape(self._m, 3, self._n, 2, self._k, -1)
        return split.transpose(3, 1, 2, 4, 0, 5).reshape(2, 3, self._n * self._k, -1)

    def _from_components(self, x: Array) -> Array:
        """(2, 3, N·K, M·m) as (M, 3·N, 2·K·m)."""
        split = x.reshape(2, 3, self._n, self._k, self._m, -1)
        return split.transpose(4, 1, 2, 0, 3, 5).reshape(self._m, 3 * self._n, -1)


class _Forward(NamedTuple):
    """What the forward pass leaves for the backward one."""

    first: "_Updated"
    sent: Array
    straight: Array
    inward: Array
    second: "_Updated"
    read_out: Array
    read_out_slope: Array


class _Updated(NamedTuple):
    """What an update leaves: features (M, N, C), vectors (M, 3·N, m), and what led to them."""

    features: Array
    vectors: Array | None
    vector: Array
    scale: Array
    tensor: Array
    bent: Array
    read: Array
    opened: Array
    slope: Array


class _Update:
    """`network.Update` for M members, and its derivative."""

    def __init__(self, w: Weights, name: str) -> None:
        part = {k.removeprefix(f"{name}."): v for k, v in w.items() if k.startswith(name)}
        self._mix_vector, self._mix_tensor = part["mix_vector.weight"], part["mix_tensor.weight"]
        self._read, self._write = part["read.weight"], part["write.weight"]
        self._gate, self._gate_bias = part["gate.weight"], part["gate.bias"][:, None]
        self._vector_gate = part.get("vector_gate.weight")
        self._vector_bias = part.get("vector_gate.bias")

    def gate(self, h: Array) -> Array:
        """What the old features (M, N, C) let through."""
        return h @ _t(self._gate) + self._gate_bias

    def gate_backward(self, d_gate: Array) -> Array:
        """Derivative by the old features, given that by the gate."""
        return d_gate @ self._gate

    def forward(
        self,
        h: Array,
        gate: Array,
        densities: tuple[Array, Array, Array],
        inner: Array | None,
    ) -> _Updated:
        """New features from old ones, densities (M, A·N, m) and sums along the way (M, N, m)."""
        scalar, vector, tensor = densities
        members, n, m = scalar.shape
        mixed = (vector @ _t(self._mix_vector)).reshape(members, 3, n, -1)
        mixed_tensor = (tensor @ _t(self._mix_tensor)).reshape(members, 5, n, -1)
        p, q = mixed[..., :m], mixed[..., m : 2 * m]
        s, t = mixed_tensor[..., :m], mixed_tensor[..., m:]
        bent = bend(p)
        invariants = [scalar] if inner is None else [scalar, inner]
        invariants += [(p * q).sum(1), (s * t).sum(1), (bent * s).sum(1)]
        read = np.concatenate(invariants, -1) @ _t(self._read)
        opened, slope = _silu(gate + read)
        features = h + (read * opened) @ _t(self._write)
        passed = _Updated(features, None, mixed, scalar, mixed_tensor, bent, read, opened, slope)
        if self._vector_gate is None or self._vector_bias is None:
            return passed
        scale = (features @ _t(self._vector_gate) + self._vector_bias[:, None])[:, None]
        vectors = (mixed[..., 2 * m :] * scale).reshape(members, 3 * n, m)
        return passed._replace(vectors=vectors, scale=scale)

    def backward(
        self, passed: _Updated, d_h: Array, d_v: Array | None
    ) -> tuple[Array, tuple[Array, Array, Array], Array | None]:
        """Derivatives by the gate, the densities and the sums along the way.

        Args:
            passed: What the forward pass left.
            d_h: Derivative by the new features (M, N, C).
            d_v: By the new vectors (M, 3·N, m), None where there are none.
        """
        members, _, n, _ = passed.vector.shape
        m = passed.bent.shape[-1]
        p, q, r = (passed.vector[..., i * m : (i + 1) * m] for i in range(3))
        s, t = passed.tensor[..., :m], passed.tensor[..., m:]
        d_vector, d_tensor = np.empty_like(passed.vector), np.empty_like(passed.tensor)
        if d_v is not None:
            assert self._vector_gate is not None, "what has vectors has a gate for them"
            d_v = d_v.reshape(members, 3, n, m)
            np.multiply(d_v, passed.scale, out=d_vector[..., 2 * m :])
            d_h = d_h + (d_v * r).sum(1) @ self._vector_gate
        d_y = d_h @ self._write
        d_gate = d_y * passed.read * passed.slope
        d_read = (d_y * passed.opened + d_gate) @ self._read
        parts = d_read.reshape(members, n, -1, m).transpose(2, 0, 1, 3)
        d_pq, d_st, d_bent = parts[-3:, :, None]
        np.multiply(d_pq, p, out=d_vector[..., m : 2 * m])
        np.add(d_pq * q, unbend(p, d_bent * s), out=d_vector[..., :m])
        np.add(d_st * t, d_bent * passed.bent, out=d_tensor[..., :m])
        np.multiply(d_st, s, out=d_tensor[..., m:])
        d_densities = (
            parts[0],
            d_vector.reshape(members, 3 * n, -1) @ self._mix_vector,
            d_tensor.reshape(members, 5 * n, -1) @ self._mix_tensor,
        )
        return d_gate, d_densities, parts[1] if len(parts) == 5 else None


def _t(matrices: Array) -> Array:
    return matrices.transpose(0, 2, 1)


def _silu(x: Array) -> tuple[Array, Array]:
    """x·σ(x) and its derivative."""
    with np.errstate(over="ignore"):  # of atoms on top of each other
        sigmoid = 1 / (1 + np.exp(-x))
    y = x * sigmoid
    return y, sigmoid + y * (1 - sigmoid)

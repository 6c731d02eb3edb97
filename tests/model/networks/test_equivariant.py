import pytest
import torch
from e3nn import o3

from tscreen.model.networks.equivariant import PATHS, ChannelwiseProduct, EquivariantLinear, gate

CHANNELS = 4


def features(seed, *channels, batch=5):
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(batch, 2 * degree + 1, c, generator=generator)
        for degree, c in enumerate(channels)
    ]


def flat(parts):
    """As e3nn lays features out: channel by channel, components last."""
    return torch.cat([part.transpose(-1, -2).flatten(-2) for part in parts], dim=-1)


def turned(parts, rotation):
    """Features after an orthogonal transformation of space; degree 1 is odd under inversion."""
    return [
        o3.Irrep(degree, (-1) ** degree).D_from_matrix(rotation) @ part
        for degree, part in enumerate(parts)
    ]


def test_the_product_is_the_one_of_e3nn():
    irreps = o3.Irreps(f"{CHANNELS}x0e + {CHANNELS}x1o + {CHANNELS}x2e")
    theirs = o3.TensorProduct(irreps, irreps, irreps, [(*path, "uuu", True) for path in PATHS])
    ours = ChannelwiseProduct(CHANNELS)
    with torch.no_grad():
        theirs.weight.copy_(ours.weight.flatten())
    a, b = features(0, *[CHANNELS] * 3), features(1, *[CHANNELS] * 3)
    assert torch.allclose(flat(ours(a, b)), theirs(flat(a), flat(b)), atol=1e-5)


@pytest.mark.parametrize("mirror", [False, True])
def test_every_block_turns_with_its_input(mirror):
    torch.manual_seed(0)
    rotation = o3.rand_matrix() * (-1 if mirror else 1)
    linear, product = EquivariantLinear((9, 2, 3), (9, 4, 4)), ChannelwiseProduct(CHANNELS)
    widen = EquivariantLinear((9, 4, 4), (CHANNELS,) * 3)

    def block(x):
        gated = gate(linear(x), (1, 4, 4))
        gated[0] = linear.maps[0](x[0])
        small = widen(gated)
        return product(small, small)

    x = features(2, 9, 2, 3)
    expected, got = turned(block(x), rotation), block(turned(x, rotation))
    for a, b in zip(expected, got, strict=True):
        assert torch.allclose(a, b, atol=1e-4)

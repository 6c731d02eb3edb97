"""A network small enough for tests."""

import torch

from model.network import NetworkConfig, TransitionStateNetwork

SMALL = NetworkConfig(
    c_node=24, c_pair=16, c_triangle=8, c_edge=16, heads=2, trunk_blocks=2, denoiser_layers=2
)


def stirred_network() -> TransitionStateNetwork:
    """Untrained, with every zero-initialised layer stirred so that nothing is trivially zero."""
    torch.manual_seed(0)
    network = TransitionStateNetwork(SMALL)
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_(0, 0.05)
    return network.eval().requires_grad_(False)

"""A network small enough for tests, a clock for its training, and one that proposes steps."""

import itertools
from dataclasses import asdict
from itertools import combinations_with_replacement
from types import SimpleNamespace

import pytest
import torch

from tscreen.actors.exploring.enumeration import BondLimits, Enumeration
from tscreen.actors.exploring.proposing import RatedStep
from tscreen.model.inference.loading import TrainedModel
from tscreen.model.networks.assessor import Assessor
from tscreen.model.networks.encoder import EncoderConfig
from tscreen.model.networks.network import NetworkConfig, TransitionStateNetwork
from tscreen.model.networks.recommender import Recommender
from tscreen.model.training import loop
from tscreen.model.weights import Card, Level
from tscreen.model.weights.seen import Seen

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


SMALL_ENCODER = EncoderConfig(
    c_node=16, c_pair=16, c_triangle=8, c_edge=16, heads=2, blocks=1, dropout=0.0
)
ELEMENTS = frozenset({1, 6, 7, 8})
BONDS = frozenset(combinations_with_replacement(sorted(ELEMENTS), 2))
SEEN = Seen((0, 1), frozenset({(0, 1)}), ELEMENTS, BONDS)
LEVEL = Level("CCSD(T)", [SEEN], 30, 2.0)


def card(levels: tuple[Level, ...] = (LEVEL,)) -> Card:
    """Of the small model."""
    sizes = (asdict(SMALL), asdict(SMALL_ENCODER), asdict(SMALL_ENCODER))
    return Card("test-1", "", [SEEN], *sizes, 1, list(levels))


def small_model(network: TransitionStateNetwork) -> TrainedModel:
    """A small generator with small, untrained scorers."""
    torch.manual_seed(0)
    recommender, assessor = Recommender(SMALL_ENCODER), Assessor(1, SMALL_ENCODER, 1)
    for scorer in (recommender, assessor):
        scorer.eval().requires_grad_(False)
    return TrainedModel(network, recommender, card(), assessor)


def count_steps_as_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training clock that goes by steps: the same training on a machine of any speed."""
    steps = itertools.count()
    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=lambda: next(steps)))


ALL = 10**6


class Favours:
    """Thinks one set of products most probable, and proposes steps that break three bonds.

    It does not know nitrogen.
    """

    card = SimpleNamespace(covers=lambda numbers: 7 not in numbers)

    def __init__(self, *products):
        self.products = products

    def rated(self, enumeration, enumerated, positions, most):
        assert positions.shape == (len(enumeration.reactant.numbers), 3)
        steps = Enumeration(enumeration.reactant, BondLimits(3, 2)).steps(ALL)
        known = {one.products for one in enumerated}
        others = [one for one in steps if one.products not in known][:most]
        rates = [0.0 if one.products == self.products else -100.0 for one in enumerated]
        return list(map(RatedStep, enumerated, rates)), [RatedStep(one, -200.0) for one in others]

"""Scorers that start from those of earlier weights, for a generator that does so too."""

import torch

from tscreen.model.inference.loading import TrainedModel
from tscreen.model.networks.assessor import Assessor
from tscreen.model.networks.recommender import Recommender

FINE_TUNING_PEAK = 0.3
"""Of the learning rate, so that a run keeps what its first weights know."""
OUTPUTS_OF_SCORE, OUTPUTS_OF_LEVEL = 3, 3


def recommender_from(start: TrainedModel) -> Recommender:
    """A recommender with the weights of another one."""
    recommender = Recommender(start.recommender.config)
    recommender.load_state_dict(start.recommender.state_dict())
    return recommender


def assessor_from(start: TrainedModel, levels: list[str]) -> Assessor:
    """An assessor of ``levels`` that starts from one of other levels.

    A level that both have keeps its outputs, a new one starts from the mean of the old ones.
    """
    old = start.assessor
    names = [level.name for level in start.card.levels]
    assessor = Assessor(len(levels), old.config, len(old.members))
    state = old.state_dict()
    for name in [name for name in state if ".head.4." in name]:
        state[name] = _outputs(state[name], names, levels)
    assessor.load_state_dict(state)
    return assessor


def _outputs(old: torch.Tensor, names: list[str], levels: list[str]) -> torch.Tensor:
    """Rows of the last layer: those of the score, and those of each level."""
    score, rest = old[:OUTPUTS_OF_SCORE], old[OUTPUTS_OF_SCORE:]
    by_level = rest.unflatten(0, (len(names), OUTPUTS_OF_LEVEL))
    mean = by_level.mean(0)
    rows = [by_level[names.index(one)] if one in names else mean for one in levels]
    return torch.cat([score, *rows])

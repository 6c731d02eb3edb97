"""Training that goes on from another committee, whose levels are kept beside the new ones."""

from dataclasses import replace

import numpy as np
import torch

from tscreen.model.correction.committee import OUTPUTS_OF_A_LEVEL, Committee
from tscreen.model.correction.network import CorrectionConfig, CorrectionNetwork

CALIBRATION_ROWS = "calibration_rows"
"""In a card's account of its training: how many there were of each level."""
OLDEST = -1
"""The group of networks that others begin from; new ones stand before it."""
OUT = "out.weight"
"""The last layer, whose rows are the read-outs."""


def begun_from(start: Committee, member: int, n_levels: int) -> CorrectionNetwork:
    """A member of the oldest group, with read-outs for so many other levels.

    Each starts from the mean of the read-outs that are there.
    """
    weights = {name: np.array(array) for name, array in start.groups[OLDEST][member].items()}
    by_level = weights[OUT].reshape(-1, OUTPUTS_OF_A_LEVEL, weights[OUT].shape[1])
    weights[OUT] = np.concatenate([by_level.mean(0)] * n_levels)
    config = CorrectionConfig(**{**start.card.network, "n_outputs": len(weights[OUT])})
    network = CorrectionNetwork(config)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return network


def with_earlier(new: Committee, start: Committee) -> Committee:
    """A committee that also has the levels of another one that it does not know itself."""
    anew = {(level.name, state) for level in new.card.levels for state in level.states}
    # A correction is a sum over atoms that sees 5 Å around each, so what its networks knew of large
    # molecules before they learn from small ones is not lost.
    oldest = len(start.groups) + OLDEST
    most = max(level.max_atoms for level in start.card.levels if level.group == oldest)
    grown = [replace(one, max_atoms=max(one.max_atoms, most)) for one in new.card.levels]
    kept = [
        level
        for level in start.card.levels
        if not anew.issuperset((level.name, state) for state in level.states)
    ]
    used = sorted({level.group for level in kept})
    moved = [replace(one, group=len(new.groups) + used.index(one.group)) for one in kept]
    calibrating = start.card.training.get(CALIBRATION_ROWS, {})
    card = replace(
        new.card,
        version=f"{new.card.version}+{sum(calibrating.values())}",
        levels=[*grown, *moved],
        training={
            **new.card.training,
            "init": {"version": start.card.version, **start.card.training},
            CALIBRATION_ROWS: calibrating,
        },
        metrics={**start.card.metrics, **new.card.metrics},
    )
    return Committee(card, [*new.groups, *(start.groups[group] for group in used)])

"""Training that goes on from another committee, whose levels are kept beside the new ones."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
import torch

from tscreen.model.correction.card import CorrectedLevel
from tscreen.model.correction.committee import OUTPUTS_OF_A_LEVEL, Committee
from tscreen.model.correction.network import CorrectionConfig, CorrectionNetwork
from tscreen.model.correction.training.stationary import Head

CALIBRATION_ROWS = "calibration_rows"
"""In a card's account of its training: how many there were of each level."""
OLDEST = -1
"""The group of networks that new levels begin from; theirs stand before it."""
OUT = "out.weight"
"""The last layer, whose rows are the read-outs."""
OF_ELEMENTS = ("embed.weight", "first.send.weight")
"""Weights whose rows belong to atomic numbers."""


def begun_from(start: Committee, member: int, heads: Sequence[Head]) -> CorrectionNetwork:
    """A member of the group that knows most of these levels, with read-outs for them.

    That is the oldest one where none knows any. A level that it knows goes on from its own
    read-out, another starts from the mean of those that are there. Elements that it has not seen
    begin as they are in a group that has.
    """
    group = _origin(start, heads)
    weights = {name: np.array(array) for name, array in start.groups[group][member].items()}
    for number, other in _lent_elements(start, group).items():
        for name in OF_ELEMENTS:
            weights[name][number] = start.groups[other][member][name][number]
    by_level = weights[OUT].reshape(-1, OUTPUTS_OF_A_LEVEL, weights[OUT].shape[1])
    own = {head: by_level[level.output] for head, level in _known(start, group).items()}
    weights[OUT] = np.concatenate([own.get(head, by_level.mean(0)) for head in heads])
    config = CorrectionConfig(**{**start.card.network, "n_outputs": len(weights[OUT])})
    network = CorrectionNetwork(config)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return network


def _known(start: Committee, group: int) -> dict[Head, CorrectedLevel]:
    """What the networks of a group have read-outs for."""
    return {
        Head(level.name, *state): level
        for level in start.card.levels
        for state in level.states
        if level.group == group
    }


def _lent_elements(start: Committee, group: int) -> dict[int, int]:
    """Atomic numbers that a group has not seen, and the first group that has.

    All groups descend from one, so their features of an atom are alike.
    """
    seen = frozenset[int]().union(*(one.elements for one in _known(start, group).values()))
    levels = sorted(start.card.levels, key=lambda level: -level.group)
    return {number: one.group for one in levels for number in one.elements - seen}


def _origin(start: Committee, heads: Sequence[Head]) -> int:
    """The group that networks for these levels begin from."""

    def fitness(group: int) -> tuple[int, int]:
        return len(_known(start, group).keys() & set(heads)), group

    return max(range(len(start.groups)), key=fitness)


def with_earlier(new: Committee, start: Committee) -> Committee:
    """A committee that also has the levels of another one that it does not know itself.

    The new ones stand first, save where they are the oldest group learnt anew.
    """
    anew = [Head(level.name, *state) for level in new.card.levels for state in level.states]
    reach = _reach(start, _origin(start, anew))
    grown = [replace(one, max_atoms=max(one.max_atoms, reach)) for one in new.card.levels]
    kept = [
        level
        for level in start.card.levels
        if not set(anew).issuperset(Head(level.name, *state) for state in level.states)
    ]
    used = sorted({level.group for level in kept})
    learnt = Committee(replace(new.card, levels=grown), new.groups)
    other = [replace(one, group=used.index(one.group)) for one in kept]
    earlier = Committee(replace(new.card, levels=other), [start.groups[group] for group in used])
    # Of the oldest group nothing may be left: what was learnt anew takes its place.
    pair = [learnt, earlier] if len(start.groups) + OLDEST in used else [earlier, learnt]
    names = {level.name for level in kept}
    rows = start.card.training.get(CALIBRATION_ROWS, {})
    calibrating = {name: count for name, count in rows.items() if name in names}
    card = replace(
        new.card,
        version=f"{new.card.version}+{sum(calibrating.values())}",
        levels=_levels_of(pair),
        training={
            **new.card.training,
            "init": {"version": start.card.version, **start.card.training},
            CALIBRATION_ROWS: calibrating,
        },
        metrics={**start.card.metrics, **new.card.metrics},
    )
    return Committee(card, [group for committee in pair for group in committee.groups])


def _reach(start: Committee, group: int) -> int:
    """Atoms of the largest molecule that a group of networks has learnt from.

    A correction is a sum over atoms that sees 5 Å around each, so what networks knew of large
    molecules before they learn from small ones is not lost.
    """
    return max(level.max_atoms for level in _known(start, group).values())


def _levels_of(committees: Sequence[Committee]) -> list[CorrectedLevel]:
    """Their levels, by the groups as they stand one after the other."""
    before = accumulate((len(one.groups) for one in committees), initial=0)
    return [
        replace(level, group=level.group + first)
        for first, committee in zip(before, committees, strict=False)
        for level in committee.card.levels
    ]

"""Trained members as one file and its card."""

from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from tscreen.model.correction.card import TENSORS, write_correction_card
from tscreen.model.correction.committee import Committee
from tscreen.model.weights import file_hash


def save_committee(committee: Committee, folder: Path) -> Committee:
    """Write weights and card into ``folder``; its card then has the weights' hash."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        f"{number}.{name}": np.ascontiguousarray(tensor)
        for number, member in enumerate(chain.from_iterable(committee.groups))
        for name, tensor in member.items()
    }
    save_file(tensors, folder / TENSORS)
    card = replace(committee.card, sha256=file_hash(folder / TENSORS))
    write_correction_card(card, folder)
    return replace(committee, card=card)

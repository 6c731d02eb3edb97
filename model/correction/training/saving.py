"""Trained members as one file and its card."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from safetensors.torch import save_file

from tscreen.model.correction.card import TENSORS, CorrectionCard, write_correction_card
from tscreen.model.correction.network import CorrectionNetwork
from tscreen.model.weights import file_hash


def save_committee(
    members: Sequence[CorrectionNetwork], card: CorrectionCard, folder: Path
) -> CorrectionCard:
    """Write weights and card into ``folder``; returns the card with the weights' hash."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        f"{number}.{name}": tensor.detach().contiguous()
        for number, member in enumerate(members)
        for name, tensor in member.state_dict().items()
    }
    save_file(tensors, folder / TENSORS)
    card = replace(card, n_members=len(members), sha256=file_hash(folder / TENSORS))
    write_correction_card(card, folder)
    return card

"""The network that proposes steps on disk: one safetensors file and its card."""

from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from tscreen.model.proposals.card import (
    TENSORS,
    ProposalCard,
    read_proposal_card,
    write_proposal_card,
)
from tscreen.model.proposals.network import ProposalConfig, ProposalNetwork
from tscreen.model.weights import SHIPPED, file_hash
from tscreen.model.weights.tensors import read_tensors


def save_proposals(network: ProposalNetwork, card: ProposalCard, folder: Path) -> ProposalCard:
    """Write weights and card into ``folder``; returns the card with the weights' hash."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: x.detach().cpu().contiguous() for name, x in network.state_dict().items()}
    save_file(tensors, folder / TENSORS)
    card = replace(card, sha256=file_hash(folder / TENSORS))
    write_proposal_card(card, folder)
    return card


def load_proposals(folder: Path | None = None) -> tuple[ProposalNetwork, ProposalCard] | None:
    """Network and card in ``folder``, by default the shipped ones; None where there are none.

    Raises:
        WeightsError: card or weights cannot be read, or do not belong together.
    """
    card = read_proposal_card(folder)
    if card is None:
        return None
    arrays = read_tensors((folder or SHIPPED) / TENSORS, card.sha256)
    network = ProposalNetwork(ProposalConfig(**card.network))
    network.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
    return network.eval().requires_grad_(False), card

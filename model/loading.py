"""A trained model on disk: one safetensors file and its card."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from model.network import NetworkConfig, TransitionStateNetwork
from model.recommender import Recommender
from model.weights import (
    CARD,
    SHIPPED,
    TENSORS,
    Card,
    WeightsError,
    file_hash,
    read_card,
    write_card,
)


@dataclass(frozen=True)
class TrainedModel:
    """Generator and recommender with the card of their weights."""

    network: TransitionStateNetwork
    recommender: Recommender
    card: Card


def save_model(model: TrainedModel, folder: Path) -> Card:
    """Write weights and card into ``folder``; returns the card with the weights' hash."""
    folder.mkdir(parents=True, exist_ok=True)
    parts: dict[str, nn.Module] = {"network": model.network, "recommender": model.recommender}
    tensors = {
        f"{part}.{name}": tensor.detach().cpu().contiguous()
        for part, module in parts.items()
        for name, tensor in module.state_dict().items()
    }
    save_file(tensors, folder / TENSORS)
    card = replace(model.card, sha256=file_hash(folder / TENSORS))
    write_card(card, folder)
    return card


def load_model(folder: Path | None = None, device: str = "cpu") -> TrainedModel:
    """The model in ``folder``, by default the shipped one, ready to sample.

    Raises:
        WeightsError: card or weights are missing, or do not belong together.
    """
    folder = folder or SHIPPED
    card = read_card(folder)
    path = folder / TENSORS
    if not path.exists():
        raise WeightsError(f"{path} is missing; {CARD} alone is no model")
    if file_hash(path) != card.sha256:
        raise WeightsError(f"{path} is not the file that {CARD} describes: hashes differ")
    tensors = load_file(path, device=device)
    network = TransitionStateNetwork(NetworkConfig(**card.network))
    recommender = Recommender(network.config)
    for prefix, module in (("network.", network), ("recommender.", recommender)):
        own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        module.load_state_dict(own)
        module.to(device).eval().requires_grad_(False)
    return TrainedModel(network, recommender, card)


def use_threads(count: int | None) -> None:
    """Hold torch to so many CPU threads, all cores where None."""
    torch.set_num_threads(count or os.cpu_count() or 1)


def best_device() -> str:
    """``cuda`` where there is a GPU, else ``cpu``."""
    return "cuda" if torch.cuda.is_available() else "cpu"

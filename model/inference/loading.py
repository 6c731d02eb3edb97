"""A trained model on disk: one safetensors file and its card."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tscreen.model.networks.assessor import Assessor
from tscreen.model.networks.encoder import EncoderConfig
from tscreen.model.networks.network import NetworkConfig, TransitionStateNetwork
from tscreen.model.networks.recommender import Recommender
from tscreen.model.weights import (
    CARD,
    SHIPPED,
    TENSORS,
    Card,
    WeightsError,
    file_hash,
    read_card,
    write_card,
)

Part = TypeVar("Part", bound=nn.Module)


@dataclass(frozen=True)
class TrainedModel:
    """Generator, recommender and assessor with the card of their weights."""

    network: TransitionStateNetwork
    recommender: Recommender
    assessor: Assessor
    card: Card


def save_model(model: TrainedModel, folder: Path) -> Card:
    """Write weights and card into ``folder``; returns the card with the weights' hash."""
    folder.mkdir(parents=True, exist_ok=True)
    parts: dict[str, nn.Module] = {
        "network": model.network,
        "recommender": model.recommender,
        "assessor": model.assessor,
    }
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
    card, tensors = _read(folder or SHIPPED, device)
    network = TransitionStateNetwork(NetworkConfig(**card.network))
    recommender = Recommender(EncoderConfig(**card.recommender))
    return TrainedModel(
        _filled(network, "network.", tensors, device),
        _filled(recommender, "recommender.", tensors, device),
        _filled(_empty_assessor(card), "assessor.", tensors, device),
        card,
    )


def load_assessor(folder: Path | None = None, device: str = "cpu") -> tuple[Assessor, Card]:
    """The assessor alone, for workers that do not sample; raises as `load_model`."""
    card, tensors = _read(folder or SHIPPED, device)
    return _filled(_empty_assessor(card), "assessor.", tensors, device), card


def _read(folder: Path, device: str) -> tuple[Card, dict[str, Tensor]]:
    card = read_card(folder)
    path = folder / TENSORS
    if not path.exists():
        raise WeightsError(f"{path} is missing; {CARD} alone is no model")
    if file_hash(path) != card.sha256:
        raise WeightsError(f"{path} is not the file that {CARD} describes: hashes differ")
    try:
        return card, load_file(path, device=device)
    except SafetensorError as error:
        raise WeightsError(f"{path} holds no tensors: {error}") from error


def _empty_assessor(card: Card) -> Assessor:
    return Assessor(len(card.levels), EncoderConfig(**card.assessor), card.n_members)


def _filled(module: Part, prefix: str, tensors: dict[str, Tensor], device: str) -> Part:
    own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    module.load_state_dict(own)
    module.to(device).eval().requires_grad_(False)
    return module


def use_threads(count: int | None) -> None:
    """Hold torch to so many CPU threads, all cores where None."""
    torch.set_num_threads(count or os.cpu_count() or 1)


def best_device() -> str:
    """``cuda`` where there is a GPU, else ``cpu``."""
    return "cuda" if torch.cuda.is_available() else "cpu"

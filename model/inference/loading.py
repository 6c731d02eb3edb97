"""A trained model on disk: one safetensors file and its card."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from tscreen.model.networks.assessor import Assessor
from tscreen.model.networks.encoder import EncoderConfig
from tscreen.model.networks.network import NetworkConfig, TransitionStateNetwork
from tscreen.model.networks.recommender import Recommender
from tscreen.model.weights import (
    SHIPPED,
    TENSORS,
    Card,
    file_hash,
    read_card,
    write_card,
)
from tscreen.model.weights.tensors import read_tensors

Part = TypeVar("Part", bound=nn.Module)
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Generator:
    """What samples and ranks, with the card of its weights."""

    network: TransitionStateNetwork
    recommender: Recommender
    card: Card


@dataclass(frozen=True)
class TrainedModel(Generator):
    """The whole model: what judges candidates by their energies too."""

    assessor: Assessor


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
    generator = load_generator(folder, device)
    assessor = _assessor(folder or SHIPPED, device)
    return TrainedModel(generator.network, generator.recommender, generator.card, assessor)


def load_generator(folder: Path | None = None, device: str = "cpu") -> Generator:
    """Generator and recommender alone, for workers that only sample; raises as `load_model`."""
    card, arrays = _read(folder or SHIPPED)
    network = TransitionStateNetwork(NetworkConfig(**card.network))
    recommender = Recommender(EncoderConfig(**card.recommender))
    return Generator(
        _filled(network, "network.", arrays, device),
        _filled(recommender, "recommender.", arrays, device),
        card,
    )


def load_assessor(folder: Path | None = None, device: str = "cpu") -> tuple[Assessor, Card]:
    """The assessor alone, for workers that do not sample; raises as `load_model`.

    It is the same for all in this process that ask for it: none of them may change it.
    """
    card = read_card(folder or SHIPPED)
    return _shared_assessor(folder or SHIPPED, card.sha256, device), card


# Energies and refinement, which share a worker, both want it.
@lru_cache(maxsize=1)
def _shared_assessor(folder: Path, _sha256: str, device: str) -> Assessor:
    return _assessor(folder, device)


def _assessor(folder: Path, device: str) -> Assessor:
    card, arrays = _read(folder)
    assessor = Assessor(len(card.levels), EncoderConfig(**card.assessor), card.n_members)
    return _filled(assessor, "assessor.", arrays, device)


def _read(folder: Path) -> tuple[Card, Arrays]:
    card = read_card(folder)
    return card, read_tensors(folder / TENSORS, card.sha256)


def _filled(module: Part, prefix: str, arrays: Arrays, device: str) -> Part:
    own = {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
    module.load_state_dict({name: torch.tensor(array) for name, array in own.items()})
    module.to(device).eval().requires_grad_(False)
    return module


def use_threads(count: int | None) -> None:
    """Hold torch to so many CPU threads, all cores where None."""
    torch.set_num_threads(count or os.cpu_count() or 1)


def device_of(network: nn.Module) -> str:
    """``cuda`` or ``cpu``: where the weights of a network lie."""
    return next(network.parameters()).device.type


def best_device() -> str:
    """``cuda`` where there is a GPU, else ``cpu``."""
    return "cuda" if torch.cuda.is_available() else "cpu"

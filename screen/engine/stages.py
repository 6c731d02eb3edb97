"""The stages that a run sends its rows through, made only in the workers that run them.

What they import is heavy (torch, RDKit, JAX), so nothing here imports it at the top.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from tscreen.model.weights import WeightsError, read_card
from tscreen.screen.engine.settings import Settings, Verify
from tscreen.screen.errors import UsageError

Stage = Callable[[pa.Table], pa.Table]
Make = Callable[[], Stage]


@dataclass(frozen=True)
class Stages:
    """How to make the stages that hold state, and what is known of the model beforehand.

    Attributes:
        build: makes structures from SMILES.
        sample: makes transition states.
        energies: makes their energies, and by these chooses and predicts barriers.
        search: searches the saddle points of the rows marked for it.
        verify: checks the generated transition states.
        elements: atomic numbers that the model knows.
        weights: version and hash of the model's weights.
    """

    build: Make
    sample: Make
    energies: Make
    search: Make
    verify: Make
    elements: frozenset[int]
    weights: dict[str, str]


def shipped(settings: Settings) -> Stages:
    """The stages of a real run.

    Raises:
        UsageError: the weights cannot be used, or the level cannot be computed.
    """
    from tscreen.actors.quantum.levels import chosen_backend

    try:
        chosen_backend(settings.level)
    except (ValueError, ImportError) as error:
        raise UsageError(f"--level: {error}") from error
    try:
        card = read_card(settings.weights)
    except WeightsError as error:
        raise UsageError(str(error)) from error
    return Stages(
        build=partial(_builder, settings.seed, settings.max_atoms),
        sample=partial(_sampler, settings),
        energies=partial(_energies, settings.weights, settings.temperature),
        search=partial(_search, settings),
        verify=partial(_verify, settings),
        elements=card.elements,
        weights={"version": card.version, "sha256": card.sha256},
    )


def _builder(seed: int, max_atoms: int) -> Stage:
    from tscreen.actors.structures import StructureBuilder

    return StructureBuilder(seed=seed, max_atoms=max_atoms)


def _sampler(settings: Settings) -> Stage:
    from tscreen.actors.sampler import SamplerStage

    share = settings.gpus_per_sampler
    device = "cpu" if share == 0 else None
    return SamplerStage(
        n_samples=settings.samples,
        steps=settings.steps,
        seed=settings.seed,
        weights=settings.weights,
        device=device,
        gpu_share=min(1.0, share) if share else 1.0,
    )


def _energies(weights: Path | None, temperature: float) -> Stage:
    from tscreen.actors.energies import EnergyStage

    return EnergyStage(weights=weights, temperature=temperature)


def _search(settings: Settings) -> Stage:
    from tscreen.actors.search import SearchStage

    return SearchStage(
        level=settings.level,
        verify=settings.verify is not Verify.NONE,
        timeout_s=settings.search_timeout,
        weights=settings.weights,
        temperature=settings.temperature,
    )


def _verify(settings: Settings) -> Stage:
    from tscreen.actors.verification import VerificationStage

    return VerificationStage(
        level=settings.level,
        timeout_s=settings.search_timeout,
        temperature=settings.temperature,
    )

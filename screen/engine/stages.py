"""The stages that a run sends its rows through, made only in the workers that run them.

What they import is heavy (torch, RDKit, JAX), so nothing here imports it at the top.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from tscreen.actors.defaults import MODEL_LEVEL
from tscreen.model.correction.card import CorrectionCard, read_correction_card
from tscreen.model.weights import WeightsError, read_card
from tscreen.screen.engine.settings import Settings
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
        refine: searches the saddle points of the rows marked for it, and verifies them.
        elements: atomic numbers that the model knows.
        weights: versions and hashes of the weights of the model and of its correction.
    """

    build: Make
    sample: Make
    energies: Make
    refine: Make
    elements: frozenset[int]
    weights: dict[str, str]


def shipped(settings: Settings) -> Stages:
    """The stages of a real run.

    Raises:
        UsageError: the weights cannot be used, or the level cannot be computed.
    """
    from tscreen.actors.quantum.levels import CORRECTED_LEVEL, chosen_backend

    level = level_of(settings)
    try:
        chosen_backend(level)
    except (ValueError, ImportError) as error:
        raise UsageError(f"`level`: {error}") from error
    try:
        card = read_card(settings.weights)
    except WeightsError as error:
        raise UsageError(str(error)) from error
    correction = _correction(settings.weights)
    if level == CORRECTED_LEVEL and correction is None:
        raise UsageError(
            f"`level` {level}: the weights in '{settings.weights}' have no correction of GFN2-xTB; "
            f"choose `level` {MODEL_LEVEL}, or other weights"
        )
    weights = {"version": card.version, "sha256": card.sha256}
    if correction is not None:
        weights |= {"correction": correction.version, "correction_sha256": correction.sha256}
    return Stages(
        build=partial(_builder, settings.seed, settings.max_atoms),
        sample=partial(_sampler, settings),
        energies=partial(_energies, settings.weights, settings.temperature),
        refine=partial(_refining, settings, level),
        elements=card.elements,
        weights=weights,
    )


def level_of(settings: Settings) -> str:
    """The level of theory of the searches.

    Raises:
        UsageError: the weights cannot be used.
    """
    from tscreen.actors.quantum.levels import CORRECTED_LEVEL

    if settings.level is not None:
        return settings.level
    return MODEL_LEVEL if _correction(settings.weights) is None else CORRECTED_LEVEL


def _correction(weights: Path | None) -> CorrectionCard | None:
    try:
        return read_correction_card(weights)
    except WeightsError as error:
        raise UsageError(str(error)) from error


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


def _refining(settings: Settings, level: str) -> Stage:
    from tscreen.actors.refining import RefiningStage

    return RefiningStage(
        level=level,
        timeout_s=settings.search_timeout,
        weights=settings.weights,
        temperature=settings.temperature,
    )

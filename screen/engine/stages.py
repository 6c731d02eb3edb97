"""The stages of a real run, and what is known of the model beforehand."""

from dataclasses import dataclass
from pathlib import Path

from tscreen.actors.defaults import MODEL_LEVEL
from tscreen.actors.stages import BuildStage, EnergyStage, RefineStage, SampleStage
from tscreen.actors.workers.stage import Stage
from tscreen.model.correction.card import CorrectionCard, read_correction_card
from tscreen.model.inference.defaults import Sampling
from tscreen.model.weights import WeightsError, read_card
from tscreen.screen.engine.settings import Settings
from tscreen.screen.errors import UsageError


@dataclass(frozen=True)
class Stages:
    """The stages in which something is computed; tests put others in their place.

    Attributes:
        build: makes structures from SMILES.
        sample: makes transition states.
        energies: makes their energies, and by these chooses and predicts barriers.
        refine: searches the saddle points of the rows marked for it, and verifies them.
        weights: versions and hashes of the weights of the model and of its correction.
    """

    build: Stage
    sample: Stage
    energies: Stage
    refine: Stage
    weights: dict[str, str]


def shipped(settings: Settings) -> Stages:
    """The stages of a real run.

    Raises:
        UsageError: the weights cannot be used, or the level that is asked for cannot be computed.
    """
    from tscreen.actors.quantum.levels import CORRECTED_LEVEL, chosen_backend

    level = level_of(settings)
    try:
        chosen_backend(level, solvent=settings.solvent)
    except (ValueError, ImportError) as error:
        # Without energies no program is started, so none need be installed.
        if settings.energies or not isinstance(error, ImportError):
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
        build=BuildStage(settings.seed, settings.max_atoms),
        sample=SampleStage(
            Sampling(settings.samples, settings.steps, settings.seed),
            settings.weights,
            settings.gpus_per_sampler,
            settings.keep_samples,
        ),
        energies=EnergyStage(settings.weights, settings.temperature, settings.solvent),
        refine=RefineStage(
            level,
            settings.search_timeout,
            settings.weights,
            settings.temperature,
            settings.effort,
            settings.solvent,
        ),
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

"""The stages in which something is computed, as they declare themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from tscreen.actors.defaults import OPTIMISER, Effort
from tscreen.actors.workers.stage import (
    BUILDER,
    CALCULATOR,
    SAMPLER,
    Shared,
    Stage,
    Transform,
)
from tscreen.model.inference.defaults import Sampling
from tscreen.schemas import columns as c

if TYPE_CHECKING:  # it brings NumPy along
    from tscreen.actors.growth.core import Core


@dataclass(frozen=True)
class BuildStage(Stage):
    """Makes structures from SMILES; see `structures.StructureBuilder`."""

    seed: int
    max_atoms: int

    name = "build"
    resources = BUILDER
    gives = (
        *c.STRUCTURE,
        c.CHARGE,
        c.MULTIPLICITY,
        *c.STATES,
        c.MAPPED_SMILES,
        c.REJECT_CODE,
        c.REJECT_MESSAGE,
        c.BUILD_S,
    )

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        from tscreen.actors.structures import StructureBuilder

        return StructureBuilder(seed=self.seed, max_atoms=self.max_atoms)


@dataclass(frozen=True)
class GrowStage(Stage):
    """Grows substituents onto a transition state; see `growth.growing.Grower`.

    Attributes:
        core: the transition state.
        groups: SMILES by their names, for each slot.
        seed: decides the conformers.
    """

    core: "Core"
    groups: Mapping[str, Mapping[str, str]]
    seed: int

    name = "build"
    resources = BUILDER
    gives = (*BuildStage.gives, c.TS_GUESS)

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        from tscreen.actors.growth.growing import Grower

        return Grower(self.core, self.groups, self.seed)


@dataclass(frozen=True)
class SampleStage(Stage):
    """Makes transition states; see `sampler.Sampler`.

    Attributes:
        sampling: how.
        weights: folder of weights, None for the shipped ones.
        gpus: of each worker, a fraction where several share one, 0 for none; None: a whole one
            where there is one.
        keep: whether all samples are kept.
    """

    sampling: Sampling
    weights: Path | None = None
    gpus: float | None = None
    keep: bool = False

    name = "sample"
    resources = SAMPLER
    needs = (c.REACTANT_POSITIONS, c.PRODUCT_POSITIONS)
    gives = (
        c.TS_POSITIONS,
        c.CANDIDATES,
        c.CANDIDATE_LOG_RMSD,
        c.CANDIDATE_ODDS,
        c.EXPECTED_RMSD,
        c.P_GOOD,
        c.GENERATED_P_GOOD,
        c.SAMPLE_SPREAD,
        c.N_SAMPLES,
        c.SEED,
        c.MODEL_VERSION,
        c.STATUS,
        c.SAMPLE_S,
    )

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        from tscreen.actors.sampler import Sampler

        return Sampler(
            self.sampling,
            weights=self.weights,
            device="cpu" if self.gpus == 0 else None,
            gpu_share=min(1.0, self.gpus or 1.0),
            keep=self.keep,
        )


@dataclass(frozen=True)
class EnergyStage(Stage):
    """Energies of the candidates, and by these the TS and its barrier; see `BarrierPredictor`."""

    weights: Path | None
    temperature: float
    solvent: str | None = None

    name = "energies"
    resources = CALCULATOR
    needs = (c.CANDIDATES, c.CANDIDATE_LOG_RMSD, c.CANDIDATE_ODDS)
    gives = (
        *c.PROFILE,
        *c.SIDES,
        *c.PREDICTED,
        c.SOLVENT,
        c.TS_POSITIONS,
        c.CANDIDATES,
        c.EXPECTED_RMSD,
        c.P_GOOD,
        c.GENERATED_P_GOOD,
        *c.ERROR,
        c.XTB_WALL_S,
    )

    def make(self, shared: Shared) -> Transform:
        """See `Stage`."""
        from tscreen.actors.energies import BarrierPredictor

        return BarrierPredictor(
            weights=self.weights,
            temperature=self.temperature,
            solvent=self.solvent,
            run=shared.child,
        )


@dataclass(frozen=True)
class RefineStage(Stage):
    """Searches the saddle points of the rows marked for it; see `refining.Refiner`."""

    level: str
    timeout_s: float | None
    weights: Path | None
    temperature: float
    effort: Effort = Effort.NORMAL
    solvent: str | None = None

    name = "refine"
    resources = CALCULATOR
    needs = (
        c.NEEDS_SEARCH,
        c.TS_POSITIONS,
        c.CANDIDATES,
        c.P_GOOD,
        c.EXPECTED_RMSD,
        *c.SIDES,
        c.BARRIER_ML_LOW,
        c.BARRIER_ML_HIGH,
    )
    gives = (
        c.TS_POSITIONS,
        c.EXPECTED_RMSD,
        c.P_GOOD,
        *c.PROFILE,
        *c.PREDICTED,
        *c.FOLLOWED,
        *c.SEARCHED,
        c.IMAGINARY_MODE,
        *c.THERMO,
        c.REFINEMENT_RMSD,
        c.FORCE_DISAGREEMENT,
        c.BARRIER_DISAGREEMENT,
        c.CORRECTION_OFF,
        *c.CONFORMERS,
        c.SADDLE_POINTS,
        c.SIDES_KEPT,
        *c.ERROR,
        c.XTB_WALL_S,
    )
    one_by_one = True
    preload = (OPTIMISER, "tscreen.actors.verified")

    def make(self, shared: Shared) -> Transform:
        """See `Stage`."""
        from tscreen.actors.refining import Refiner

        return Refiner(
            level=self.level,
            timeout_s=self.timeout_s,
            weights=self.weights,
            temperature=self.temperature,
            effort=self.effort,
            solvent=self.solvent,
            run=shared.child,
        )

    def count(self, table: pa.Table) -> int:
        """The rows that were marked for it."""
        return sum(1 for marked in table[c.NEEDS_SEARCH].to_pylist() if marked)

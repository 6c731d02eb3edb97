"""The stages of networks, as they declare themselves."""

from dataclasses import dataclass
from pathlib import Path

from tscreen.actors.defaults import OPTIMISER
from tscreen.actors.workers.stage import CALCULATOR, Shared, Stage, Transform
from tscreen.schemas import columns as c


@dataclass(frozen=True)
class MoleculeStage(Stage):
    """Structures and energies of molecules by their names; see `building.MoleculeBuilder`.

    Attributes:
        seed: decides the conformers.
        level: of the energies; None for GFN2-xTB of a rough structure, which bounds reactions.
        temperature: of the Gibbs energies, in K.
        weights: folder of the correction, None for the shipped one.
        solvent: implicit one, None for the gas phase.
    """

    seed: int
    level: str | None = None
    temperature: float = 0.0
    weights: Path | None = None
    solvent: str | None = None

    name = "molecules"
    resources = CALCULATOR
    needs = (c.MOLECULE,)
    gives = (
        c.INCHIKEY,
        c.FORMULA,
        c.ATOMIC_NUMBERS,
        c.MOLECULE_POSITIONS,
        c.MOLECULE_ENERGY,
        c.MOLECULE_GIBBS,
        c.ENERGY_LEVEL,
        c.ERROR_MESSAGE,
    )

    def make(self, shared: Shared) -> Transform:
        """See `Stage`."""
        from tscreen.actors.exploring.building import MoleculeBuilder

        return MoleculeBuilder(self, shared.child)


@dataclass(frozen=True)
class DriveStage(Stage):
    """Saddle points beside possible steps; see `driving.Driver`.

    Attributes:
        level: of theory.
        timeout_s: processor seconds for each row, None for as many as its size wants.
        weights: folder of the correction, None for the shipped one.
        solvent: implicit one, None for the gas phase.
    """

    level: str
    timeout_s: float | None
    weights: Path | None = None
    solvent: str | None = None

    name = "drive"
    resources = CALCULATOR
    needs = (*c.REQUIRED, c.SEED)
    gives = (
        c.TS_POSITIONS,
        c.CANDIDATE_ENERGY,
        c.CONNECTS,
        c.END_POSITIONS,
        c.OTHER_END_POSITIONS,
        *c.ERROR,
    )
    preload = (OPTIMISER,)

    def make(self, shared: Shared) -> Transform:
        """See `Stage`."""
        from tscreen.actors.exploring.driving import Driver

        return Driver(self, shared.child)

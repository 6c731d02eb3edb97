"""What a sweep goes through, whatever its reactions are made from."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tscreen.actors.stages import BuildStage
from tscreen.actors.workers.stage import Stage

MAX_ATOMS = 100


class Swept(NamedTuple):
    """One reaction of a combination.

    Attributes:
        tags: what stands in each slot.
        smiles: of the reaction; None where its structures come from elsewhere.
        isomer: which of several stereoisomers it is; empty where there is one.
    """

    tags: Mapping[str, str]
    smiles: str | None
    isomer: str = ""


def isomers_of(tags: Mapping[str, str], smiles: str) -> list[Swept]:
    """A reaction in all the stereoisomers that its SMILES leaves open."""
    from tscreen.actors.smiles.isomers import isomers

    return [Swept(tags, isomer.smiles, isomer.name) for isomer in isomers(smiles)]


@dataclass(frozen=True)
class Recipe(ABC):
    """Numbered combinations, and the reactions that come of each.

    Attributes:
        path: of the file that it was read from.
        name: in the ids of its reactions.
        contents: hashes or texts of all that it was read from, by what they are.
    """

    path: Path
    name: str
    contents: Mapping[str, str]

    @property
    def state(self) -> tuple[int | None, int | None]:
        """Charge and multiplicity of every reaction; None for those that its SMILES tells."""
        return None, None

    @property
    @abstractmethod
    def slots(self) -> list[str]:
        """Names of the tags that tell what was combined."""

    @property
    @abstractmethod
    def n_combinations(self) -> int:
        """How many there are."""

    @abstractmethod
    def tags(self, number: int) -> Mapping[str, str]:
        """What is known to stand in the slots of a combination before it is made."""

    @abstractmethod
    def made(self, number: int) -> list[Swept]:
        """The reactions of a combination.

        Raises:
            UnbuildableError: there are none.
        """

    def builder(self, seed: int) -> Stage:
        """The stage that gives the reactions their structures.

        Args:
            seed: decides the conformers.
        """
        return BuildStage(seed, MAX_ATOMS)

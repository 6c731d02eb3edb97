"""Templates that are a transition state in space, onto which substituents are grown."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import ase.io
import numpy as np
from pydantic import Field

from tscreen.actors.growth.core import Core
from tscreen.actors.smiles.mapping import UnbuildableError
from tscreen.actors.stages import GrowStage
from tscreen.actors.workers.stage import Stage
from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.validate import electron_fault
from tscreen.screen.errors import UsageError
from tscreen.screen.sweep.library import Entry, hash_of, read_library
from tscreen.screen.sweep.recipe import Recipe, Swept
from tscreen.screen.sweep.yaml_files import YamlPart, check_slot_names, read_yaml


class _Place(YamlPart):
    atom: int
    library: str


class _StructureFile(YamlPart):
    template: str = Field(pattern="^[^/]+$")
    structure: str
    charge: int = 0
    multiplicity: int = 1
    substituents: dict[str, _Place] = Field(default_factory=dict)


@dataclass(frozen=True)
class StructureTemplate(Recipe):
    """A transition state and what is grown onto it.

    Attributes:
        core: the transition state and its slots.
        libraries: what goes into each slot.
    """

    core: Core
    libraries: Mapping[str, list[Entry]]

    @property
    def slots(self) -> list[str]:
        """See `Recipe`."""
        return list(self.libraries)

    @property
    def n_combinations(self) -> int:
        """See `Recipe`."""
        return math.prod(map(len, self.libraries.values()))

    def tags(self, number: int) -> dict[str, str]:
        """See `Recipe`."""
        return {slot: entry.name for slot, entry in self._entries(number).items()}

    def made(self, number: int) -> list[Swept]:
        """See `Recipe`; the structures are grown by `builder`."""
        for entry in self._entries(number).values():
            if entry.fault:
                raise UnbuildableError(*entry.fault)
        return [Swept(self.tags(number), None)]

    def builder(self, seed: int) -> Stage:
        """See `Recipe`."""
        groups = {
            slot: {entry.name: entry.smiles for entry in entries if not entry.fault}
            for slot, entries in self.libraries.items()
        }
        return GrowStage(self.core, groups, seed)

    def _entries(self, number: int) -> dict[str, Entry]:
        places = np.unravel_index(number, [len(entries) for entries in self.libraries.values()])
        return {slot: self.libraries[slot][i] for slot, i in zip(self.slots, places, strict=True)}


def read_structure_template(path: Path) -> StructureTemplate:
    """Read a template, its structure and its libraries.

    Raises:
        UsageError: something in them is missing, unknown or contradictory.
    """
    given = read_yaml(path, _StructureFile)
    check_slot_names(path, list(given.substituents))
    structure = path.parent / given.structure
    files = {slot: path.parent / place.library for slot, place in given.substituents.items()}
    core = _core(path, structure, given)
    libraries = {slot: read_library(file) for slot, file in files.items()}
    contents = {"template": hash_of(path), "structure": hash_of(structure)}
    contents |= {f"library of {slot}": hash_of(file) for slot, file in files.items()}
    return StructureTemplate(path, given.template, contents, core, libraries)


def _core(path: Path, structure: Path, given: _StructureFile) -> Core:
    try:
        atoms = ase.io.read(structure)
    except Exception as error:  # readers of many formats let many kinds escape
        raise UsageError(f"structure '{structure}' cannot be read: {error}") from error
    numbers = atoms.numbers.astype(np.uint8)
    places = {slot: place.atom for slot, place in given.substituents.items()}
    bonded = bond_graph(numbers, atoms.positions)
    for slot, atom in places.items():
        if not 0 <= atom < len(numbers):
            raise UsageError(
                f"template '{path}': slot '{slot}' takes the place of atom {atom}, but "
                f"'{structure}' has the atoms 0 to {len(numbers) - 1}"
            )
        if bonded[atom].sum() != 1:
            raise UsageError(
                f"template '{path}': slot '{slot}' takes the place of atom {atom} (counting from "
                f"0), which has {bonded[atom].sum()} neighbours in '{structure}' and not one; "
                "choose a hydrogen"
            )
    if len(set(places.values())) < len(places):
        raise UsageError(f"template '{path}': two slots take the place of one atom; move one")
    fault = electron_fault(numbers, given.charge, given.multiplicity)
    if fault is not None:
        raise UsageError(f"template '{path}': {fault[1]}")
    return Core(numbers, atoms.positions, given.charge, given.multiplicity, places)

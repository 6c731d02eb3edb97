"""Templates: a reaction with slots, as a YAML file gives it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import Field, model_validator

from tscreen.actors.smiles.mapping import UnbuildableError
from tscreen.actors.smiles.skeleton import (
    Catalysts,
    Contacts,
    Skeleton,
    SkeletonError,
    Slot,
    Substituents,
)
from tscreen.screen.errors import UsageError
from tscreen.screen.sweep.library import Entry, hash_of, read_library
from tscreen.screen.sweep.recipe import Recipe, Swept, isomers_of
from tscreen.screen.sweep.yaml_files import YamlPart, check_slot_names, read_yaml


class _Slot(YamlPart):
    """A slot; which of the other fields it has tells what goes into it."""

    library: str
    atom: int | None = None
    atoms: list[int] | None = Field(None, min_length=1)
    roles: dict[str, int] | None = Field(None, min_length=1)
    binds: int | None = None

    @model_validator(mode="after")
    def _has_one_kind(self) -> "_Slot":
        if len(self.model_fields_set & {"atom", "atoms", "roles", "binds"}) != 1:
            raise ValueError("it has a library and one of atom, atoms, roles, binds")
        return self

    def place(self) -> Slot:
        """What it fills."""
        if self.roles is not None:
            return Catalysts(self.roles)
        if self.binds is not None:
            return Contacts(self.binds)
        return Substituents((self.atom,) if self.atom is not None else tuple(self.atoms or ()))


class _Uncatalysed(YamlPart):
    name: str
    reaction: str


class _File(YamlPart):
    template: str = Field(pattern="^[^/]+$")
    reaction: str
    substituents: dict[str, _Slot] = Field(default_factory=dict)
    catalysts: dict[str, _Slot] = Field(default_factory=dict)
    uncatalysed: _Uncatalysed | None = None
    charge: int | None = None
    multiplicity: int | None = None


class Combination(NamedTuple):
    """What stands in the slots of one reaction.

    Attributes:
        names: by slot, in the order of the template.
        entries: of the slots that the reaction has; the uncatalysed one has no catalysts.
        catalysed: whether its reaction is that with catalysts; the two may have one SMILES, as
            where a catalyst only binds.
    """

    names: dict[str, str]
    entries: dict[str, Entry]
    catalysed: bool


@dataclass(frozen=True)
class Template(Recipe):
    """A reaction, its slots and what goes into them.

    Attributes:
        reaction: SMILES with dummy atoms.
        uncatalysed: name and SMILES of the reaction without catalysts, if that is wanted.
        substituents: slots of all reactions.
        catalysts: slots that the uncatalysed reaction lacks.
        libraries: what goes into each slot.
        charge: of every reaction; None for that of its SMILES.
        multiplicity: likewise.
    """

    reaction: str
    uncatalysed: tuple[str, str] | None
    substituents: Mapping[str, Slot]
    catalysts: Mapping[str, Slot]
    libraries: Mapping[str, list[Entry]]
    charge: int | None = None
    multiplicity: int | None = None

    @property
    def state(self) -> tuple[int | None, int | None]:
        """See `Recipe`."""
        return self.charge, self.multiplicity

    @property
    def slots(self) -> list[str]:
        """Names of all slots, substituents first."""
        return list(self._places)

    @property
    def _places(self) -> dict[str, Slot]:
        return {**self.substituents, **self.catalysts}

    @property
    def n_combinations(self) -> int:
        """Number of reactions, the uncatalysed ones included."""
        return self._count(self._places) + self._n_uncatalysed

    def combination(self, number: int) -> Combination:
        """One of the combinations: first the catalysed ones, the last slot changing fastest."""
        catalysed = self._count(self._places)
        if number < catalysed:
            entries = self._entries(number, self._places)
            names = {slot: entry.name for slot, entry in entries.items()}
            return Combination(names, entries, catalysed=True)
        assert self.uncatalysed is not None, "there are no others"
        entries = self._entries(number - catalysed, self.substituents)
        names = {slot: entry.name for slot, entry in entries.items()}
        name, _ = self.uncatalysed
        names |= dict.fromkeys(self.catalysts, name)
        return Combination(names, entries, catalysed=False)

    def tags(self, number: int) -> dict[str, str]:
        """See `Recipe`."""
        return self.combination(number).names

    def made(self, number: int) -> list[Swept]:
        """See `Recipe`."""
        combination = self.combination(number)
        for entry in combination.entries.values():
            if entry.fault:
                raise UnbuildableError(*entry.fault)
        molecules = {slot: entry.smiles for slot, entry in combination.entries.items()}
        smiles = self.skeletons[combination.catalysed].filled(molecules)
        return isomers_of(combination.names, smiles)

    @cached_property
    def skeletons(self) -> dict[bool, Skeleton]:
        """The reactions that are to be filled, by whether they are catalysed.

        Raises:
            SkeletonError: a reaction and its slots do not fit.
        """
        skeletons = {True: Skeleton(self.reaction, self._places)}
        if self.uncatalysed:
            _, reaction = self.uncatalysed
            skeletons[False] = Skeleton(reaction, self.substituents)
        return skeletons

    @property
    def _n_uncatalysed(self) -> int:
        return self._count(self.substituents) if self.uncatalysed else 0

    def _count(self, slots: Mapping[str, Slot]) -> int:
        return math.prod(len(self.libraries[slot]) for slot in slots)

    def _entries(self, number: int, slots: Mapping[str, Slot]) -> dict[str, Entry]:
        sizes = [len(self.libraries[slot]) for slot in slots]
        places = np.unravel_index(number, sizes)
        return {slot: self.libraries[slot][i] for slot, i in zip(slots, places, strict=True)}


def read_template(path: Path) -> Template:
    """Read a template and its libraries.

    Raises:
        UsageError: something in them is missing, unknown or contradictory.
    """
    given = read_yaml(path, _File)
    slots: dict[str, _Slot] = {**given.substituents, **given.catalysts}
    _check_names(path, given, list(slots))
    plain = given.uncatalysed
    files = {slot: path.parent / part.library for slot, part in slots.items()}
    template = Template(
        path=path,
        name=given.template,
        reaction=_one_line(given.reaction),
        uncatalysed=(plain.name, _one_line(plain.reaction)) if plain else None,
        substituents={name: slot.place() for name, slot in given.substituents.items()},
        catalysts={name: slot.place() for name, slot in given.catalysts.items()},
        libraries={slot: read_library(file) for slot, file in files.items()},
        contents={
            "template": hash_of(path),
            **{f"library of {slot}": hash_of(file) for slot, file in files.items()},
        },
        charge=given.charge,
        multiplicity=given.multiplicity,
    )
    _check_uncatalysed(template)
    try:
        _ = template.skeletons
    except SkeletonError as error:
        raise UsageError(f"template '{path}': {error}") from error
    return template


def _check_names(path: Path, given: _File, slots: list[str]) -> None:
    check_slot_names(path, slots)
    both = given.substituents.keys() & given.catalysts.keys()
    if both:
        raise UsageError(f"template '{path}': two slots are called '{min(both)}'; rename one")
    if given.uncatalysed and not given.catalysts:
        raise UsageError(f"template '{path}': without catalysts, leave 'uncatalysed' out")


def _check_uncatalysed(template: Template) -> None:
    """Its name stands in the column of each catalyst, so it must not be that of a catalyst."""
    if not template.uncatalysed:
        return
    name, _ = template.uncatalysed
    for slot in template.catalysts:
        if "/" in name or name in [entry.name for entry in template.libraries[slot]]:
            raise UsageError(
                f"template '{template.path}': the uncatalysed reaction cannot be called '{name}'; "
                f"give it a name without '/' that the library of '{slot}' does not have"
            )


def _one_line(smiles: str) -> str:
    """A SMILES that may be broken into several lines."""
    return "".join(smiles.split())

"""Templates: a reaction with slots, as a YAML file gives it."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tscreen.actors.smiles.skeleton import Catalysts, Skeleton, SkeletonError, Slot, Substituents
from tscreen.schemas import columns as c
from tscreen.schemas.tables import TYPES
from tscreen.screen.errors import UsageError
from tscreen.screen.sweep.library import Entry, read_library


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Slot(_Part):
    library: str


class _Substituents(_Slot):
    atom: int


class _Catalysts(_Slot):
    roles: dict[str, int] = Field(min_length=1)


class _Uncatalysed(_Part):
    name: str
    reaction: str


class _File(_Part):
    template: str = Field(pattern="^[^/]+$")
    reaction: str
    substituents: dict[str, _Substituents] = {}
    catalysts: dict[str, _Catalysts] = {}
    uncatalysed: _Uncatalysed | None = None
    charge: int | None = None
    multiplicity: int | None = None


class Combination(NamedTuple):
    """What stands in the slots of one reaction.

    Attributes:
        names: by slot, in the order of the template.
        entries: of the slots that the reaction has; the uncatalysed one has no catalysts.
        reaction: SMILES that is to be filled.
    """

    names: dict[str, str]
    entries: dict[str, Entry]
    reaction: str


@dataclass(frozen=True)
class Template:
    """A reaction, its slots and what goes into them.

    Attributes:
        path: of the file.
        name: of the template.
        reaction: SMILES with dummy atoms.
        uncatalysed: name and SMILES of the reaction without catalysts, if that is wanted.
        substituents: slots for groups.
        catalysts: slots for molecules that take part.
        libraries: what goes into each slot.
        contents: hashes of the files that all this was read from.
        charge: of every reaction; None for that of its SMILES.
        multiplicity: likewise.
    """

    path: Path
    name: str
    reaction: str
    uncatalysed: tuple[str, str] | None
    substituents: Mapping[str, Slot]
    catalysts: Mapping[str, Slot]
    libraries: Mapping[str, list[Entry]]
    contents: Mapping[str, str]
    charge: int | None = None
    multiplicity: int | None = None

    @property
    def slots(self) -> dict[str, Slot]:
        """All slots, substituents first."""
        return {**self.substituents, **self.catalysts}

    @property
    def n_combinations(self) -> int:
        """Number of reactions, the uncatalysed ones included."""
        return self._count(self.slots) + self._n_uncatalysed

    def combination(self, number: int) -> Combination:
        """One of the combinations: first the catalysed ones, the last slot changing fastest."""
        catalysed = self._count(self.slots)
        if number < catalysed:
            entries = self._entries(number, self.slots)
            names = {slot: entry.name for slot, entry in entries.items()}
            return Combination(names, entries, self.reaction)
        assert self.uncatalysed is not None, "there are no others"
        entries = self._entries(number - catalysed, self.substituents)
        names = {slot: entry.name for slot, entry in entries.items()}
        name, reaction = self.uncatalysed
        return Combination(names | dict.fromkeys(self.catalysts, name), entries, reaction)

    def skeletons(self) -> dict[str, Skeleton]:
        """By their reactions, the skeletons that are to be filled.

        Raises:
            SkeletonError: a reaction and its slots do not fit.
        """
        skeletons = {self.reaction: Skeleton(self.reaction, self.slots)}
        if self.uncatalysed:
            _, reaction = self.uncatalysed
            skeletons[reaction] = Skeleton(reaction, self.substituents)
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
    given = _read(path)
    slots: dict[str, _Slot] = {**given.substituents, **given.catalysts}
    _check_names(path, given, list(slots))
    plain = given.uncatalysed
    files = {slot: path.parent / part.library for slot, part in slots.items()}
    template = Template(
        path=path,
        name=given.template,
        reaction=_one_line(given.reaction),
        uncatalysed=(plain.name, _one_line(plain.reaction)) if plain else None,
        substituents={name: Substituents(s.atom) for name, s in given.substituents.items()},
        catalysts={name: Catalysts(s.roles) for name, s in given.catalysts.items()},
        libraries={slot: read_library(file) for slot, file in files.items()},
        contents={
            "template": _hash(path),
            **{f"library of {slot}": _hash(file) for slot, file in files.items()},
        },
        charge=given.charge,
        multiplicity=given.multiplicity,
    )
    _check_uncatalysed(template)
    try:
        template.skeletons()
    except SkeletonError as error:
        raise UsageError(f"template '{path}': {error}") from error
    return template


def _read(path: Path) -> _File:
    try:
        return _File.model_validate(yaml.safe_load(path.read_text()))
    except yaml.YAMLError as error:
        raise UsageError(f"template '{path}' is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg']}"
            for fault in error.errors()
        )
        raise UsageError(
            f"template '{path}' is not as it should be: {faults}. A template has "
            f"{', '.join(_File.model_fields)}"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"template '{path}' cannot be read: {error}") from error


def _check_names(path: Path, given: _File, slots: list[str]) -> None:
    if not slots:
        raise UsageError(f"template '{path}' has no slots; add substituents or catalysts")
    for name in slots:
        if name in TYPES or name in (c.TEMPLATE, c.CANDIDATE):
            raise UsageError(
                f"template '{path}': a slot cannot be called '{name}', which is a column of the "
                "results; rename it"
            )
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


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

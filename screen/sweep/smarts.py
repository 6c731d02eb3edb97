"""Sweeps by a reaction SMARTS: it is applied to every molecule of a library."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tscreen.actors.smiles.mapping import UnbuildableError
from tscreen.actors.smiles.smarts import ReactionSmarts, SmartsError
from tscreen.screen.errors import UsageError
from tscreen.screen.sweep.library import Entry, hash_of, read_library
from tscreen.screen.sweep.recipe import Recipe, Swept, isomers_of

MOLECULE, PRODUCT = "molecule", "product"


@dataclass(frozen=True)
class SmartsRecipe(Recipe):
    """A reaction SMARTS and the molecules that it is applied to.

    Attributes:
        smarts: the reaction.
        library: the molecules, those of a bimolecular reaction joined by a dot.
    """

    smarts: str
    library: list[Entry]

    @property
    def slots(self) -> list[str]:
        """See `Recipe`."""
        return [MOLECULE, PRODUCT]

    @property
    def n_combinations(self) -> int:
        """See `Recipe`."""
        return len(self.library)

    def tags(self, number: int) -> dict[str, str]:
        """See `Recipe`."""
        return {MOLECULE: self.library[number].name}

    def made(self, number: int) -> list[Swept]:
        """See `Recipe`."""
        entry = self.library[number]
        if entry.fault:
            raise UnbuildableError(*entry.fault)
        made: list[Swept] = []
        seen = Counter[str]()
        for outcome in self._reaction.outcomes(entry.smiles):
            seen[outcome.products] += 1
            again = f" ({n})" if (n := seen[outcome.products]) > 1 else ""
            tags = {MOLECULE: entry.name, PRODUCT: outcome.products + again}
            made += isomers_of(tags, outcome.smiles)
        return made

    @cached_property
    def _reaction(self) -> ReactionSmarts:
        return ReactionSmarts(self.smarts)


def read_smarts(smarts: str, path: Path) -> SmartsRecipe:
    """Check a reaction SMARTS and read its library.

    Raises:
        UsageError: one of them cannot be used.
    """
    try:
        ReactionSmarts(smarts)
    except SmartsError as error:
        raise UsageError(str(error)) from error
    library = read_library(path)
    contents = {"SMARTS": smarts, "library": hash_of(path)}
    return SmartsRecipe(path, path.stem, contents, smarts, library)

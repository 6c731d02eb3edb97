"""The stages of a sweep."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from tscreen.actors.workers.stage import LIGHT, Shared, Stage, Transform
from tscreen.schemas import columns as c
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.tables import TYPES, with_column
from tscreen.screen.dataset.writing import count_written, receipt
from tscreen.screen.storage.location import Location
from tscreen.screen.storage.parquet import as_parquet
from tscreen.screen.sweep.recipe import Recipe


class Assembler:
    """Turns numbers of combinations into reaction SMILES with tags."""

    def __init__(self, recipe: Recipe) -> None:
        """Set up for the combinations of one recipe."""
        self._recipe = recipe

    def __call__(self, table: pa.Table) -> pa.Table:
        """The reactions of the combinations in a table, those of each in turn.

        Those that cannot be assembled, or have the id of an earlier one, get a reject code.
        """
        found = [self._rows(number) for number in table[c.SOURCE_ROW].to_pylist()]
        of_rows = [k for k, rows in enumerate(found) for _ in rows]
        table = table.take(pa.array(of_rows, pa.int64()))
        names = [c.REACTION_ID, c.SMILES, c.TEMPLATE, *self._recipe.slots, c.CANDIDATE, c.ISOMER]
        names += [c.SOURCE, c.REJECT_CODE, c.REJECT_MESSAGE]
        for name in names:
            cells = [row.get(name) for rows in found for row in rows]
            table = table.append_column(name, pa.array(cells, pa.string()))
        charge, multiplicity = self._recipe.state
        given = {c.CHARGE: charge, c.MULTIPLICITY: multiplicity}
        for name, cell in (given | dict.fromkeys((*c.STATES, c.TS_GUESS))).items():
            table = with_column(table, name, pa.array([cell] * len(table), TYPES[name]))
        return table

    def _rows(self, number: int) -> list[dict[str, str]]:
        from tscreen.actors.smiles.mapping import UnbuildableError

        tags = self._recipe.tags(number)
        try:
            made = self._recipe.made(number)
        except UnbuildableError as error:
            return [self._rejected(tags, error.code, error.message)]
        except Exception as error:  # whatever one molecule does to RDKit must not reach others
            message = f"unexpected {type(error).__name__} while filling the template: {error}"
            return [self._rejected(tags, RejectCode.STRUCTURE_FAILED, message)]
        rows, seen = [], Counter[str]()
        for one in made:
            row = self._row(one.tags)
            if one.smiles is not None:
                row[c.SMILES] = one.smiles
            if one.isomer:
                seen[row[c.CANDIDATE]] += 1
                row[c.ISOMER] = one.isomer
                row[c.REACTION_ID] += f"/isomer {seen[row[c.CANDIDATE]]}"
            rows.append(row)
        return rows

    def _row(self, tags: Mapping[str, str]) -> dict[str, str]:
        candidate = "/".join(tags.values())
        return {
            c.REACTION_ID: f"{self._recipe.name}/{candidate}",
            c.TEMPLATE: self._recipe.name,
            **tags,
            c.CANDIDATE: candidate,
            c.SOURCE: str(self._recipe.path),
        }

    def _rejected(self, tags: Mapping[str, str], code: RejectCode, message: str) -> dict[str, str]:
        row = self._row(tags)
        text = f"reaction '{row[c.REACTION_ID]}': {message}"
        return row | {c.REJECT_CODE: str(code), c.REJECT_MESSAGE: text}


@dataclass(frozen=True)
class Assemble(Stage):
    """Turns numbers of combinations into reaction SMILES with tags."""

    recipe: Recipe

    name = "assemble"
    resources = LIGHT

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        return Assembler(self.recipe)

    def count(self, table: pa.Table) -> int:
        """The combinations, each of which may have given several reactions."""
        return len(table[c.SOURCE_ROW].unique())


@dataclass(frozen=True)
class WriteReactions(Stage):
    """Writes a chunk of the sweep's output."""

    parts: Location

    name = "write"
    resources = LIGHT

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        return partial(_write, parts=self.parts)

    def count(self, table: pa.Table) -> int:
        """The rows that were written."""
        return count_written(table)


def _write(table: pa.Table, parts: Location) -> pa.Table:
    parts.put(table[c.SOURCE_CHUNK][0].as_py(), as_parquet(table))
    return receipt(table)


def tables_of(chunks: dict[str, list[int]]) -> list[pa.Table]:
    """A table for each chunk: numbers of combinations, by the name of the file for them."""
    return [
        pa.table(
            {
                c.SOURCE_ROW: pa.array(rows, pa.int64()),
                c.SOURCE_CHUNK: [name] * len(rows),
                c.CHUNK_PLACE: pa.array(range(len(rows)), TYPES[c.CHUNK_PLACE]),
            }
        )
        for name, rows in chunks.items()
    ]

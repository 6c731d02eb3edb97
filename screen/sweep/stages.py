"""The stages of a sweep."""

from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from tscreen.actors.workers.stage import LIGHT, Shared, Stage, Transform
from tscreen.schemas import columns as c
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.tables import TYPES
from tscreen.screen.dataset.writing import count_written, receipt
from tscreen.screen.storage.location import Location
from tscreen.screen.storage.parquet import as_parquet
from tscreen.screen.sweep.template import Template

MAX_ATOMS = 100


class Assembler:
    """Turns numbers of combinations into reaction SMILES with tags."""

    def __init__(self, template: Template) -> None:
        """Set up for the combinations of one template."""
        self._template = template
        self._skeletons = template.skeletons()

    def __call__(self, table: pa.Table) -> pa.Table:
        """The rows of a table with the single column `source_row`.

        Those that cannot be assembled, or have the id of an earlier one, get a reject code.
        """
        rows = [self._row(number) for number in table[c.SOURCE_ROW].to_pylist()]
        names = [c.REACTION_ID, c.SMILES, c.TEMPLATE, *self._template.slots, c.CANDIDATE]
        names += [c.SOURCE, c.REJECT_CODE, c.REJECT_MESSAGE]
        for name in names:
            table = table.append_column(
                name, pa.array([row.get(name) for row in rows], pa.string())
            )
        given = {c.CHARGE: self._template.charge, c.MULTIPLICITY: self._template.multiplicity}
        for name, cell in (given | dict.fromkeys(c.STATES)).items():
            table = table.append_column(name, pa.array([cell] * len(table), TYPES[name]))
        return table

    def _row(self, number: int) -> dict[str, str]:
        from tscreen.actors.smiles.mapping import UnbuildableError

        combination = self._template.combination(number)
        candidate = "/".join(combination.names.values())
        reaction_id = f"{self._template.name}/{candidate}"
        row = {
            c.REACTION_ID: reaction_id,
            c.TEMPLATE: self._template.name,
            **combination.names,
            c.CANDIDATE: candidate,
            c.SOURCE: str(self._template.path),
        }
        faults = [entry.fault for entry in combination.entries.values() if entry.fault]
        if faults:
            return row | _rejected(reaction_id, *faults[0])
        molecules = {slot: entry.smiles for slot, entry in combination.entries.items()}
        try:
            return row | {c.SMILES: self._skeletons[combination.reaction].filled(molecules)}
        except UnbuildableError as error:
            return row | _rejected(reaction_id, error.code, error.message)
        except Exception as error:  # whatever one molecule does to RDKit must not reach others
            message = f"unexpected {type(error).__name__} while filling the template: {error}"
            return row | _rejected(reaction_id, RejectCode.STRUCTURE_FAILED, message)


def _rejected(reaction_id: str, code: RejectCode, message: str) -> dict[str, str]:
    text = f"reaction '{reaction_id}': {message}"
    return {c.REJECT_CODE: str(code), c.REJECT_MESSAGE: text}


@dataclass(frozen=True)
class Assemble(Stage):
    """Turns numbers of combinations into reaction SMILES with tags."""

    template: Template

    name = "assemble"
    resources = LIGHT

    def make(self, _shared: Shared) -> Transform:
        """See `Stage`."""
        return Assembler(self.template)


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

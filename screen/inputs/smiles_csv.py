"""Reactions from CSV files of reaction SMILES; their structures are built later."""

import codecs
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.schemas.normalise import Fault, missing, normalise
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.tables import TYPES, with_column
from tscreen.screen.inputs.chunks import (
    ATOMS,
    GROUP,
    ID,
    JOINED,
    ROW,
    Chunk,
    Source,
    refuse_twice,
    renamed,
    wanted,
)
from tscreen.screen.inputs.filters import chosen, columns_in
from tscreen.screen.inputs.maps import FROM, versions, with_maps
from tscreen.screen.inputs.packed import content
from tscreen.screen.storage.location import Location

SMILES_SUFFIXES = (".csv", ".tsv")
DELIMITERS = ",;\t|"
ELECTRONS = (c.CHARGE, c.MULTIPLICITY)


@dataclass(frozen=True)
class SmilesChunk(Chunk):
    """Rows of a CSV file, carried along: they are only text."""

    table: pa.Table

    def load(self) -> pa.Table:
        """The rows with null structures, rejected where nothing can be built from them."""
        table = self.table
        columns = {name: pa.nulls(len(table), TYPES[name]) for name in (*c.STRUCTURE, *ELECTRONS)}
        faults = _smiles_faults(table)
        for name in ELECTRONS:  # optional: the SMILES tells both
            if name in table.column_names:
                columns[name], found = normalise(name, table[name])
                faults += [fault for fault in found if fault.code != RejectCode.MISSING_VALUE]
                table = table.drop_columns([name])
        by_row = {fault.row: fault for fault in reversed(faults)}
        verdicts = [by_row.get(row) for row in range(len(table))]
        columns[c.REJECT_CODE] = pa.array([v and str(v.code) for v in verdicts], pa.string())
        columns[c.REJECT_MESSAGE] = pa.array([v and v.message for v in verdicts], pa.string())
        for name, column in columns.items():
            table = table.append_column(name, column)
        return table


class SmilesSource(Source):
    """One CSV file with the columns `reaction_id` and `smiles` ("R>>P")."""

    def __init__(self, location: Location):
        self.path = location.name
        text = {c.REACTION_ID: pl.String, c.SMILES: pl.String}
        try:
            given = _as_utf8(content(location))
            mark = _delimiter(given)
            header = pl.read_csv(
                given, has_header=False, n_rows=1, infer_schema=False, separator=mark
            )
            refuse_twice([name for name in header.row(0) if name])
            self._rows = pl.read_csv(
                given, schema_overrides=text, infer_schema_length=None, separator=mark
            )
        except pl.exceptions.NoDataError:  # not even a header: as empty as a header alone
            self._rows = pl.DataFrame()
        self.n_rows = self._rows.height
        self._versions = pl.DataFrame()

    def index(self, condition: str | None) -> pl.DataFrame:
        """See `Source`; the numbers of atoms are not known before the structures are built."""
        zeros = np.zeros(self.n_rows, np.int64)
        known = c.REACTION_ID in self._rows.columns
        ids = (
            self._rows[c.REACTION_ID] if known else pl.Series([None] * self.n_rows, dtype=pl.String)
        )
        index = pl.DataFrame({ROW: np.arange(self.n_rows), GROUP: zeros, ID: ids, ATOMS: zeros})
        if condition is None:
            return index
        needed = columns_in(condition, self._rows.schema)
        return index[chosen(self._rows.select(needed), self.n_rows, condition)]

    def spread(self, index: pl.DataFrame) -> pl.DataFrame:
        """See `Source`; a row for every best map of the SMILES that have none."""
        known = c.SMILES in self._rows.columns
        smiles = self._rows[c.SMILES][index[ROW]].to_list() if known else [None] * len(index)
        found = versions(index[ID].to_list(), smiles)
        self._versions = found.with_columns(index[ROW].gather(found[FROM]).alias(FROM))
        return index[found[FROM]].with_columns(
            pl.Series(ROW, np.arange(len(found))),
            found[c.REACTION_ID].alias(ID),
            (~found[FROM].is_first_distinct()).alias(JOINED),
        )

    def columns(self) -> pa.Schema:
        """See `Source`."""
        return _as_read(self._rows.clear()).schema

    def column(self, name: str) -> pa.ChunkedArray:
        """See `Source`."""
        return _as_read(self._rows)[name]

    def chunk(self, group: int, rows: list[int], duplicates: list[int]) -> Chunk:
        """See `Source`."""
        chosen = self._versions[rows]
        table = with_maps(_as_read(self._rows[chosen[FROM]]), chosen)
        table = with_column(table, c.SOURCE_ROW, chosen[FROM].to_arrow())
        return SmilesChunk(self.path, rows, duplicates, table)


def _as_utf8(content: bytes) -> bytes:
    """The text as Polars reads it.

    Raises:
        ValueError: it is of another encoding.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # as spreadsheets save it
        return content.decode("utf-16").encode()
    if b"\0" in content.partition(b"\n")[0]:
        raise ValueError("its first line is no text; save it as CSV in UTF-8")
    return content


def _delimiter(content: bytes) -> str:
    """The mark that stands most often in the first line; a comma where none does."""
    header = content.partition(b"\n")[0].decode("utf-8", "replace")
    return max(DELIMITERS, key=header.count)


def _as_read(rows: pl.DataFrame) -> pa.Table:
    table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    kept = [n for n in wanted(table.schema) if n not in (*c.STRUCTURE, *c.STATES)]
    return renamed(table.select(kept))


def _smiles_faults(table: pa.Table) -> list[Fault]:
    remedy = "a CSV file gives each reaction as SMILES, 'reactants>>products'"
    if c.SMILES not in table.column_names:
        code, what = RejectCode.MISSING_COLUMN, missing(c.SMILES, table.column_names)
        rows = list(range(len(table)))
    else:
        code, what = RejectCode.MISSING_VALUE, f"column '{c.SMILES}' holds no value"
        rows = np.flatnonzero(table[c.SMILES].is_null().to_numpy()).tolist()
    return [Fault(row, code, f"{what}; {remedy}") for row in rows]

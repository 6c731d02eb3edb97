"""Reactions from CSV files of atom-mapped reaction SMILES; their structures are built later."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from schemas import columns as c
from schemas.rejects import RejectCode
from schemas.tables import TYPES
from screen.chunks import ATOMS, GROUP, ID, ROW, Chunk, Source, wanted
from screen.filters import columns_in, keep

STRUCTURE = (
    c.ATOMIC_NUMBERS,
    c.REACTANT_POSITIONS,
    c.PRODUCT_POSITIONS,
    c.REACTANT_FRAGMENTS,
    c.PRODUCT_FRAGMENTS,
)


@dataclass(frozen=True)
class SmilesChunk(Chunk):
    """Rows of a CSV file, carried along: they are only text."""

    table: pa.Table

    def load(self) -> pa.Table:
        """The rows with null structures; without SMILES nothing can be built, so they are bad."""
        table = self.table
        if c.SMILES not in table.column_names:
            table = _reject(table, RejectCode.MISSING_COLUMN, "is missing", pa.scalar(True))
        else:
            absent = pc.is_null(table[c.SMILES])
            table = _reject(table, RejectCode.MISSING_VALUE, "holds no value", absent)
        for name in STRUCTURE:
            table = table.append_column(name, pa.nulls(len(table), TYPES[name]))
        for name in (c.CHARGE, c.MULTIPLICITY):
            if name not in table.column_names:
                table = table.append_column(name, pa.nulls(len(table), TYPES[name]))
        return table


class SmilesSource(Source):
    """One CSV file with the columns `reaction_id` and `smiles` ("R>>P")."""

    def __init__(self, path: Path):
        self.path = str(path)
        text = {c.REACTION_ID: pl.String, c.SMILES: pl.String}
        try:
            self._rows = pl.read_csv(path, schema_overrides=text, infer_schema_length=None)
        except pl.exceptions.NoDataError:  # not even a header: as empty as a header alone
            self._rows = pl.DataFrame()
        self.n_rows = self._rows.height

    def index(self, condition: str | None) -> pl.DataFrame:
        """See `Source`; the numbers of atoms are not known before the structures are built."""
        rows = self._rows.with_row_index("__row")
        if condition:
            columns_in(condition, self._rows.schema)
            rows = keep(rows, condition)
        known = c.REACTION_ID in rows.columns
        return rows.select(
            pl.col("__row").cast(pl.Int64).alias(ROW),
            pl.lit(0, pl.Int64).alias(GROUP),
            (pl.col(c.REACTION_ID) if known else pl.lit(None, pl.String)).alias(ID),
            pl.lit(0, pl.Int64).alias(ATOMS),
        )

    def chunk(self, group: int, rows: list[int], duplicates: list[int]) -> Chunk:
        """See `Source`."""
        table = self._rows[rows].to_arrow(compat_level=pl.CompatLevel.oldest())
        given = [name for name in wanted(table.schema) if name not in STRUCTURE]
        return SmilesChunk(self.path, rows, duplicates, table.select(given))


def _reject(table: pa.Table, code: RejectCode, what: str, where: pa.Array | pa.Scalar) -> pa.Table:
    message = (
        f"column '{c.SMILES}' {what}; a CSV file gives each reaction as atom-mapped "
        "reaction SMILES, 'reactants>>products'"
    )
    none = pa.nulls(len(table), pa.string())
    return table.append_column(c.REJECT_CODE, pc.if_else(where, str(code), none)).append_column(
        c.REJECT_MESSAGE, pc.if_else(where, message, none)
    )

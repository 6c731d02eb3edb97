"""The Arrow schemas of the tables: reactions in; results, rejects and others out; networks."""

import pyarrow as pa

from tscreen.schemas import columns as c

SCHEMA_VERSION = 10

TYPES = {
    name: column.type for name, column in c.COLUMNS.items() if column.role not in c.OF_NETWORKS
}
"""The Arrow type of every column of a run that is not a tag."""

POSITIONS = TYPES[c.TS_POSITIONS]
"""Coordinates of one structure, (N, 3) in Angstrom."""

STATES = TYPES[c.REACTANT_STATES]
"""(charge, multiplicity) of the molecules of a side."""


def described(schema: pa.Schema) -> pa.Schema:
    """The schema with the unit and the description of its columns in their metadata."""
    fields = [_described(field) if field.name in TYPES else field for field in schema]
    return pa.schema(fields, schema.metadata)


def _described(field: pa.Field) -> pa.Field:
    column = c.COLUMNS[field.name]
    unit = {"unit": column.unit} if column.unit else {}
    return field.with_metadata({**unit, "description": column.description})


def _schema(kind: str, names: tuple[str, ...]) -> pa.Schema:
    metadata = {"tscreen.schema": kind, "tscreen.schema_version": str(SCHEMA_VERSION)}
    fields = [_described(pa.field(name, c.COLUMNS[name].type)) for name in names]
    return pa.schema(fields, metadata)


REACTION_FIELDS = _schema("reaction", c.CONTRACT)
RESULT_FIELDS = _schema("result", c.RESULT)
REJECT_FIELDS = _schema("reject", c.REJECT)
CANDIDATE_FIELDS = _schema("candidate", c.CANDIDATE_ROW)
PATH_FIELDS = _schema("path", c.PATH_ROW)
SAMPLE_FIELDS = _schema("sample", c.SAMPLE_ROW)
QUANTUM_FIELDS = _schema("quantum", c.QUANTUM_ROW)
MOLECULE_FIELDS = _schema("molecule", c.MOLECULE_ROW)
STEP_FIELDS = _schema("step", c.STEP_ROW)


def tags_of(schema: pa.Schema) -> list[str]:
    """The user's own columns, in order: those that pass through a run untouched.

    A column that carries the name of a result (a reference `barrier_kcal_mol`, say) is not a tag:
    the run writes its own.
    """
    return [name for name in schema.names if name not in TYPES]


def with_column(table: pa.Table, name: str, cells: pa.Array) -> pa.Table:
    """The table with these cells in a column that is not a tag, in place of those it may have."""
    field = pa.field(name, TYPES[name])
    cells = cells.cast(field.type)
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), field, cells)
    return table.append_column(field, cells)

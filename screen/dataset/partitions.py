"""Columns whose values become the names of folders, `template=x`: which can, and which cannot."""

import re
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

from tscreen.schemas import columns as c
from tscreen.schemas.tables import RESULT_FIELDS
from tscreen.screen.dataset.output import united
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.chunks import BROKEN, Source

NULL = "__HIVE_DEFAULT_PARTITION__"
"""The folder of rows without a value; the name is that of Hive, which all readers know."""
LONGEST = 255
"""Bytes of a file's name on most file systems."""
OF_ONE_ROW = (c.REACTION_ID, c.ERROR_MESSAGE)


def check_partitions(names: list[str], sources: list[Source]) -> None:
    """Refuse columns that results cannot lie in folders by, before anything is computed.

    Args:
        names: of the columns.
        sources: the input.

    Raises:
        UsageError: there is no such column, or its name, type or values make no folders.
    """
    if not names:
        return
    readable = [(source, schema) for source in sources for schema in _columns(source)]
    columns = united([RESULT_FIELDS, *(decoded(schema) for _, schema in readable)])
    choices = [column.name for column in columns if _makes_folders(column)]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--partition-by {name} is given twice; once is enough")
        if name not in choices:
            raise UsageError(
                f"--partition-by {name}: there is no such column of text, whole numbers, truth "
                f"values or days whose name is letters, digits, space, '-', '_' and '.'; "
                f"choose from {', '.join(choices)}"
            )
        if name not in RESULT_FIELDS.names:
            for source, schema in readable:
                if name in schema.names:
                    _check_values(name, source)


def decoded(schema: pa.Schema) -> pa.Schema:
    """The schema with values in place of numbers that stand for them (categories)."""
    return pa.schema([(column.name, _decoded(column.type)) for column in schema])


def _decoded(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _columns(source: Source) -> list[pa.Schema]:
    """None of a file that has broken meanwhile: its rows will be rejected."""
    try:
        return [source.columns()]
    except BROKEN:
        return []


def _makes_folders(column: pa.Field) -> bool:
    kind = column.type
    fit = (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_date32(kind)
        or pa.types.is_null(kind)
    )
    # Arrow encodes the values, not the names, and readers pass over what begins with '_' or '.'.
    return (
        fit and column.name not in OF_ONE_ROW and bool(re.fullmatch(r"[^\W_][\w .-]*", column.name))
    )


def _check_values(name: str, source: Source) -> None:
    try:
        values = pc.unique(source.column(name).cast(pa.string())).to_pylist()
    except BROKEN:
        return
    for value in values:
        if value is None:
            continue
        folder = f"{name}={quote(value, safe='')}"
        if value == NULL or "\0" in value or len(folder.encode()) > LONGEST:
            raise UsageError(
                f"--partition-by {name}: '{source.path}' holds the value {value!r}, which makes no "
                f"name of a folder (at most {LONGEST} bytes, not {NULL}); change it or "
                "partition by another column"
            )

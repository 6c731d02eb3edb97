"""Columns of files that others have written, in types that every reader of the results knows.

A Parquet file can name an extension type for a column, and Arrow then lets whoever has registered
that type turn the cells into objects. Ray registers one that unpickles them: reading such a file
would run whatever its author has put there.

DuckDB knows no half precision and no decimals of 256 bits, and Arrow itself takes no rows out of
views of text. Their values stay the same in other types.
"""

from collections.abc import Callable

import pyarrow as pa
from pyarrow import types

DIGITS = 38
"""Of a decimal of 128 bits."""

Leaf = Callable[[pa.DataType], pa.DataType]


def plain(table: pa.Table) -> pa.Table:
    """The table with plain types, and without metadata."""
    fields = [pa.field(f.name, with_leaves(f.type, _plain_leaf)) for f in table.schema]
    columns = [
        _stored(column).cast(field.type)
        for column, field in zip(table.columns, fields, strict=True)
    ]
    return pa.table(columns, schema=pa.schema(fields))


def _stored(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if isinstance(column.type, pa.BaseExtensionType):
        stored = [chunk.storage for chunk in column.chunks]
        return _stored(pa.chunked_array(stored, column.type.storage_type))
    return column


def with_leaves(kind: pa.DataType, leaf: Leaf) -> pa.DataType:
    """A type, its storage if it is an extension, with another in place of what is not nested."""
    if isinstance(kind, pa.BaseExtensionType):
        return with_leaves(kind.storage_type, leaf)
    if types.is_struct(kind):
        return pa.struct([(field.name, with_leaves(field.type, leaf)) for field in kind])
    if types.is_map(kind):
        return pa.map_(with_leaves(kind.key_type, leaf), with_leaves(kind.item_type, leaf))
    if types.is_fixed_size_list(kind):
        return pa.list_(with_leaves(kind.value_type, leaf), kind.list_size)
    if types.is_large_list(kind):
        return pa.large_list(with_leaves(kind.value_type, leaf))
    if types.is_list(kind):
        return pa.list_(with_leaves(kind.value_type, leaf))
    return leaf(kind)


def _plain_leaf(kind: pa.DataType) -> pa.DataType:
    if types.is_float16(kind):
        return pa.float32()
    if types.is_decimal256(kind):
        fits = kind.precision <= DIGITS
        return pa.decimal128(kind.precision, kind.scale) if fits else pa.string()
    return {pa.string_view(): pa.string(), pa.binary_view(): pa.binary()}.get(kind, kind)

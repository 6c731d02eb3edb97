"""Columns of files that others have written, without what makes Arrow call code for them.

A Parquet file can name an extension type for a column, and Arrow then lets whoever has registered
that type turn the cells into objects. Ray registers one that unpickles them: reading such a file
would run whatever its author has put there.
"""

import pyarrow as pa
from pyarrow import types


def plain(table: pa.Table) -> pa.Table:
    """The table with the storage of every extension type in its place, and without metadata."""
    fields = [pa.field(f.name, _plain_type(f.type)) for f in table.schema]
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


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return _plain_type(kind.storage_type)
    if types.is_struct(kind):
        return pa.struct([(field.name, _plain_type(field.type)) for field in kind])
    if types.is_map(kind):
        return pa.map_(_plain_type(kind.key_type), _plain_type(kind.item_type))
    if types.is_fixed_size_list(kind):
        return pa.list_(_plain_type(kind.value_type), kind.list_size)
    if types.is_large_list(kind):
        return pa.large_list(_plain_type(kind.value_type))
    if types.is_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    return kind

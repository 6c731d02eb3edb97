"""Choose rows by an SQL expression over a table's scalar columns, such as `split = 'val'`."""

import numpy as np
import polars as pl

from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.chunks import ROW


def columns_in(condition: str, schema: pl.Schema) -> list[str]:
    """The columns that a condition needs.

    Raises:
        UsageError: the condition is no expression, or names a column that is not there or that
            holds lists.
    """
    scalars = [name for name, dtype in schema.items() if not dtype.is_nested()]
    names = list(dict.fromkeys(_expression(condition).meta.root_names()))
    for name in names:
        if name not in scalars:
            raise UsageError(
                f"filter {condition!r}: there is no column '{name}' to filter on; "
                f"choose from {', '.join(scalars)} (text goes in single quotes)"
            )
    return names


def chosen(columns: pl.DataFrame, n_rows: int, condition: str) -> list[int]:
    """The numbers of the rows for which the condition is true (not false, not null).

    Args:
        columns: those that the condition needs; it may need none.
        n_rows: their length.
        condition: over these.

    Raises:
        UsageError: the condition does not fit the types of the columns.
    """
    number = max([ROW, *columns.columns], key=len) + "_"  # a name that no column has
    rows = pl.DataFrame({number: np.arange(n_rows)}).hstack(columns)
    try:
        return rows.filter(_expression(condition))[number].to_list()
    except pl.exceptions.PolarsError as error:
        types = ", ".join(
            f"{name} is {columns.schema[name]}" for name in columns_in(condition, columns.schema)
        )
        raise UsageError(f"filter {condition!r} does not work ({types}): {_line(error)}") from error


def _expression(condition: str) -> pl.Expr:
    try:
        return pl.sql_expr(condition)
    except pl.exceptions.PolarsError as error:
        raise UsageError(
            f"filter {condition!r} is not an SQL condition such as \"split = 'val'\": "
            f"{_line(error)}"
        ) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())

"""Answer SQL on a run's tables, and let it touch nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as pads

from tscreen.schemas import columns as c
from tscreen.screen.dataset.output import dataset_of
from tscreen.screen.dataset.quantum import quantum_of
from tscreen.screen.dataset.writing import CANDIDATES, PATHS, REJECTS, RESULTS, SAMPLES
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.plain import with_leaves
from tscreen.screen.storage.location import Location, LocationLike

SEALED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",  # variables of this program are no tables
    "temp_directory": "",  # else it may write into the folder where the user stands
    "lock_configuration": "true",
}
"""DuckDB without files, network and extensions, and without a way to get them back.

Telling questions from commands would not do: `WITH x AS (COPY ... TO 'file') SELECT 1` is a
question that writes. So the tables are Arrow datasets that this program opens and reads, and there
is no file at all that DuckDB may open.
"""

READS = (duckdb.StatementType.SELECT, duckdb.StatementType.MULTI)
"""MULTI is what PIVOT is made of."""

BATCH_ROWS = 1000

JOIN = f"""
    CREATE TEMP VIEW results AS
    SELECT screened.*, {", ".join(f"quantum.{name}" for name in c.JOINED)}
    FROM screened LEFT JOIN quantum USING ({c.REACTION_ID})
"""
"""The results with what was absorbed."""


@dataclass(frozen=True)
class Answer:
    """The rows of an answer, as they come.

    Attributes:
        names: of its columns, all different.
        rows: their cells as Python objects; lists for lists.
    """

    names: list[str]
    rows: Iterator[tuple[Any, ...]]


@contextmanager
def asked(out: LocationLike, sql: str) -> Iterator[Answer]:
    """Ask one question of the tables of a run.

    Args:
        out: folder of a run, which may still go on.
        sql: one SELECT, DESCRIBE, SUMMARIZE or PIVOT.

    Yields:
        The answer; it can be read once, before the context ends.

    Raises:
        UsageError: the folder is not one that a run has written, or the SQL does not work, which
            may show only when the rows are read.
    """
    tables = {
        name: dataset_of(out, name)
        for name in (REJECTS, CANDIDATES, PATHS, SAMPLES)
        if name in sql.lower()  # a run that goes on has many files, whose ends would be read
    }
    tables[RESULTS] = _in_utc(dataset_of(out, RESULTS))
    absorbed = quantum_of(Location.at(out))
    if absorbed is not None:
        tables |= {"screened": tables.pop(RESULTS), "quantum": absorbed}
    with duckdb.connect(config=SEALED) as connection, _told():
        for name, dataset in tables.items():
            connection.register(name, dataset)
        if absorbed is not None:
            connection.execute(JOIN)
        statements = connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type not in READS:
            raise UsageError(
                "a query is one SELECT on tables such as results, which cannot be changed"
            )
        connection.execute(sql)
        names = [column[0] for column in connection.description]
        for name in names:
            if names.count(name) > 1:
                raise UsageError(f"two columns are called '{name}'; rename one with AS")
        yield Answer(names, _rows(connection))


def results_where(condition: str | None) -> str:
    """The results that meet a condition, all where it is None, as a table for SQL."""
    # The line break ends a comment in the condition.
    return f"(SELECT * FROM results WHERE ({True if condition is None else condition}\n))"


def counted(out: LocationLike, chosen: str, what: str, condition: str | None) -> int:
    """How many rows a table of a run has that was chosen by a condition.

    Raises:
        UsageError: as `asked`, or it has none; `what` is the word for a row.
    """
    with asked(out, f"SELECT count(*) FROM {chosen}") as answer:
        ((n_rows,),) = answer.rows
    if not n_rows:
        meets = f" meets the filter {condition!r}" if condition else ""
        raise UsageError(f"no {what} in '{out}'{meets}")
    return n_rows


def _in_utc(dataset: pads.FileSystemDataset) -> pads.FileSystemDataset:
    """Times with a zone as times of UTC: DuckDB asks for a further package to hand out others."""
    fields = [field.with_type(with_leaves(field.type, _of_utc)) for field in dataset.schema]
    return pads.FileSystemDataset(
        list(dataset.get_fragments()), pa.schema(fields), dataset.format, dataset.filesystem
    )


def _of_utc(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp(kind.unit) if pa.types.is_timestamp(kind) else kind


def _rows(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while batch := connection.fetchmany(BATCH_ROWS):
        yield from batch


@contextmanager
def _told() -> Iterator[None]:
    """Tell what is wrong with the SQL in one line, without the drawing of where it is wrong."""
    try:
        yield
    except duckdb.Error as error:
        reason = " ".join(str(error).partition("\nLINE ")[0].split())
        raise UsageError(f"the query does not work: {reason}") from error

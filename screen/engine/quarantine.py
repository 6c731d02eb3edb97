"""What one row does to its worker, no other row shall pay for.

A stage gets a whole chunk at once. Where that fails, the chunk is divided until the rows that are
to blame are alone; they leave with a code and a sentence, the others with their results.
"""

from collections.abc import Callable

import pyarrow as pa

from tscreen.actors.workers.stage import Transform
from tscreen.schemas import columns as c
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.status import Status
from tscreen.schemas.tables import TYPES, with_column

MAX_ATTEMPTS = 2
"""So many workers may die of a chunk, and then of a row on its own, before it is to blame."""


def run_on(stage: Transform, table: pa.Table, name: str) -> pa.Table:
    """Run a stage on a chunk; on parts of it where memory is short or an error comes.

    Args:
        stage: takes a table, returns it with more columns.
        table: the rows.
        name: of the stage, as a message gives it.

    Raises:
        OSError: the stage's own: a disk or a network lies in no row.
        Exception: the stage's own, where every one of several rows meets one.
    """
    failed: Exception
    try:
        return stage(table)
    except OSError:
        raise
    except Exception as error:
        failed = error.with_traceback(None)  # whose frames would keep the memory that is needed
    if isinstance(failed, MemoryError):
        if len(table) > 1:
            half = len(table) // 2
            parts = (table.slice(0, half), table.slice(half))
            return _joined([run_on(stage, part, name) for part in parts])
        why = f"'{name}' finds no memory for it even alone; take fewer --samples or leave it out"
        return spoiled(stage, table, RejectCode.OUT_OF_MEMORY, why)
    if len(table) > 1:
        return _without_the_failing(stage, table, name, failed)
    why = f"'{name}' fails on it: {type(failed).__name__}: {failed}"
    return spoiled(stage, table, RejectCode.STAGE_FAILED, why)


def run_one_by_one(
    stage: Transform,
    table: pa.Table,
    name: str,
    begin: Callable[[int], int],
    end: Callable[[int], None],
) -> pa.Table:
    """Run a stage on a chunk that has ended its workers, row by row, without the rows to blame.

    Args:
        stage: as in `run_on`.
        table: the rows.
        name: of the stage.
        begin: notes that a row is begun, returns how often it has been begun and not ended.
        end: notes that a row has ended.
    """
    parts = []
    for row in range(len(table)):
        alone = table.slice(row, 1)
        if begin(row) > MAX_ATTEMPTS:
            why = f"{MAX_ATTEMPTS} workers for '{name}' have died of it; see ray.log"
            parts.append(spoiled(stage, alone, RejectCode.WORKER_DIED, why))
        else:
            parts.append(run_on(stage, alone, name))
        end(row)
    return _joined(parts)


def spoiled(stage: Transform, row: pa.Table, code: RejectCode, why: str) -> pa.Table:
    """One row that a stage cannot do, with the columns of that stage.

    It is rejected, or, where it has a transition state already, `failed`.
    """
    message = f"reaction '{row[c.REACTION_ID][0]}': {why}"
    status = row[c.STATUS] if c.STATUS in row.column_names else pa.nulls(1)
    rejected = _with(row, {c.REJECT_CODE: str(code), c.REJECT_MESSAGE: message})
    done = stage(rejected)  # passes over a rejected row, but adds its columns
    if not status[0].is_valid:
        return done
    verdict = {c.STATUS: Status.FAILED, c.ERROR_CODE: str(code), c.ERROR_MESSAGE: message}
    return _with(done, verdict | {c.REJECT_CODE: None, c.REJECT_MESSAGE: None})


def _without_the_failing(
    stage: Transform, table: pa.Table, name: str, failed: Exception
) -> pa.Table:
    done = _joined([run_on(stage, table.slice(row, 1), name) for row in range(len(table))])
    if _n_failed(done) - _n_failed(table) == table[c.REJECT_CODE].null_count:
        raise failed
    return done


def _n_failed(table: pa.Table) -> int:
    codes = [name for name in (c.REJECT_CODE, c.ERROR_CODE) if name in table.column_names]
    return sum(table[name].to_pylist().count(RejectCode.STAGE_FAILED) for name in codes)


def _joined(parts: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(parts, promote_options="default")


def _with(row: pa.Table, cells: dict[str, str | None]) -> pa.Table:
    for name, cell in cells.items():
        row = with_column(row, name, pa.array([cell], TYPES[name]))
    return row

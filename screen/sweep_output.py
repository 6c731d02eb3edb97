"""What a sweep leaves on the disk: one Parquet file of reactions, and one of those turned away.

While it goes on, its chunks lie in a folder beside them, each whole or not at all, so that the
same command can go on where it was.
"""

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas import columns as c
from schemas.tables import REACTION_FIELDS, REJECT_FIELDS, TYPES
from screen.errors import UsageError

DESCRIPTION = b"tscreen.sweep"
"""Metadata of the finished file: what the reactions were made from."""
PLAN = "plan.json"
UNFINISHED = ".tmp"
ROW_GROUP = 1024

Description = dict[str, str]


class SweepOutput:
    """The places of a sweep's output."""

    def __init__(self, reactions: Path) -> None:
        """Derive them from the file of reactions.

        Raises:
            UsageError: it is not called *.parquet.
        """
        if reactions.suffix.lower() != ".parquet":
            raise UsageError(f"--out '{reactions}' must end in .parquet; `tscreen run` reads that")
        self.reactions = reactions
        self.rejects = reactions.with_suffix(".rejects.parquet")
        self.parts = reactions.with_name(f"{reactions.name}.parts")

    def begin(self, description: Description) -> bool:
        """Take up a sweep, or begin it; returns whether it is finished already.

        Raises:
            UsageError: what is there comes from something else than this description.
        """
        if self.reactions.exists():
            self._compare(_description(self.reactions), description)
            shutil.rmtree(self.parts, ignore_errors=True)  # if it was stopped just before this
            return True
        plan = self.parts / PLAN
        if plan.exists():
            self._compare(json.loads(plan.read_text()), description)
        else:
            self.parts.mkdir(parents=True, exist_ok=True)
            _put(plan, lambda path: path.write_text(json.dumps(description, indent=2) + "\n"))
        return False

    def has(self, part: str) -> bool:
        """Whether a chunk is written."""
        return self._part(part).exists()

    def put(self, part: str, table: pa.Table) -> None:
        """Write the rows of a chunk."""
        _put(self._part(part), lambda path: pq.write_table(table, path, compression="zstd"))

    def finish(self, parts: list[str], description: Description) -> None:
        """Make the two files from all chunks, in their order, and remove the chunks."""
        rejected = pa.concat_tables([_rejects(self._read(part)) for part in parts])
        if rejected.num_rows:
            _put(self.rejects, lambda path: pq.write_table(rejected, path, compression="zstd"))
        else:  # one of an earlier sweep may be there
            self.rejects.unlink(missing_ok=True)
        tables = map(_reactions, map(self._read, parts))
        _put(self.reactions, lambda path: _write_groups(tables, path, description))
        shutil.rmtree(self.parts)

    def _part(self, part: str) -> Path:
        return self.parts / f"part-{part}.parquet"

    def _read(self, part: str) -> pa.Table:
        return pq.read_table(self._part(part))

    def _compare(self, before: Description, now: Description) -> None:
        differ = [
            name for name in dict.fromkeys([*before, *now]) if before.get(name) != now.get(name)
        ]
        if differ:
            raise UsageError(
                f"'{self.reactions}' was made, or begun, with another {', '.join(differ)}; repeat "
                f"that command, give another --out, or remove it and '{self.parts}'"
            )


def _description(reactions: Path) -> Description:
    """What a finished file was made from.

    Raises:
        UsageError: no sweep has made it.
    """
    try:
        metadata = pq.read_schema(reactions).metadata or {}
        return json.loads(metadata[DESCRIPTION])
    except (OSError, pa.ArrowException, KeyError) as error:
        raise UsageError(
            f"'{reactions}' is there already and comes from no sweep; give another --out"
        ) from error


def _reactions(table: pa.Table) -> pa.Table:
    """Good rows as a run reads them: the contract's columns and the tags."""
    tags = [name for name in table.column_names if name not in TYPES]
    good = table.filter(pc.is_null(table[c.REJECT_CODE])).select([*REACTION_FIELDS.names, *tags])
    fields = [*REACTION_FIELDS, *(table.schema.field(name) for name in tags)]
    return good.cast(pa.schema(fields))


def _rejects(table: pa.Table) -> pa.Table:
    bad = table.filter(pc.is_valid(table[c.REJECT_CODE]))
    named = bad.rename_columns({c.REJECT_CODE: c.CODE, c.REJECT_MESSAGE: c.MESSAGE})
    return named.select(REJECT_FIELDS.names).cast(REJECT_FIELDS)


def _write_groups(tables: Iterator[pa.Table], path: Path, description: Description) -> None:
    """Row groups of a size that a run reads well; the whole need not fit into memory."""
    first = next(tables)
    metadata = {**REACTION_FIELDS.metadata, DESCRIPTION: json.dumps(description)}
    schema = first.schema.with_metadata(metadata)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting = [first]
        for table in tables:
            waiting.append(table)
            if sum(one.num_rows for one in waiting) >= ROW_GROUP:
                writer.write_table(_joined(waiting, schema))
                waiting = []
        if waiting:
            writer.write_table(_joined(waiting, schema))


def _joined(tables: list[pa.Table], schema: pa.Schema) -> pa.Table:
    return pa.concat_tables(tables).combine_chunks().replace_schema_metadata(schema.metadata)


def _put(final: Path, write_to: Callable[[Path], object]) -> None:
    """Move a complete file into place, so that no reader ever sees half of one."""
    unfinished = final.with_name(f"{uuid.uuid4().hex}{UNFINISHED}")
    write_to(unfinished)
    unfinished.replace(final)

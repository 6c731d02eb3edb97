"""What a sweep leaves: one Parquet file of reactions, and one of those that were turned away.

While it goes on, its chunks lie in a folder beside them, each whole or not at all, so that the
same command can go on where it was.
"""

import json
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from tscreen.schemas import columns as c
from tscreen.schemas.tables import REACTION_FIELDS, REJECT_FIELDS, TYPES
from tscreen.screen.dataset.output import PLAN
from tscreen.screen.errors import UsageError
from tscreen.screen.storage.ahead import ahead
from tscreen.screen.storage.location import Location, LocationLike
from tscreen.screen.storage.parquet import as_parquet, read_parquet

DESCRIPTION = b"tscreen.sweep"
"""Metadata of the finished file: what the reactions were made from."""
SUFFIX = ".parquet"

Description = dict[str, str]


class SweepOutput:
    """The places of a sweep's output."""

    def __init__(self, reactions: LocationLike) -> None:
        """Derive them from the file of reactions.

        Raises:
            UsageError: it is not called *.parquet.
        """
        self.reactions = Location.at(reactions)
        if self.reactions.suffix != SUFFIX:
            raise UsageError(f"--out '{reactions}' must end in {SUFFIX}, which `tscreen run` reads")
        self._folder = Location(self.reactions.name.rpartition("/")[0])
        self.rejects = self._folder / f"{self.reactions.base[: -len(SUFFIX)]}.rejects{SUFFIX}"
        self.parts = self._folder / f"{self.reactions.base}.parts"

    def begin(self, description: Description) -> bool:
        """Take up a sweep, or begin it; returns whether it is finished already.

        Raises:
            UsageError: what is there comes from something else than this description.
        """
        if self.reactions.exists():
            self._compare(_description(self.reactions), description)
            self.parts.remove()  # if it was stopped just before that
            return True
        if (self.parts / PLAN).exists():
            self._compare((self.parts / PLAN).read_json(), description)
        else:
            self.parts.put_where_told(PLAN, json.dumps(description, indent=2).encode())
        return False

    def written(self) -> set[str]:
        """The files of the chunks that are written; one that cannot be read is written again."""
        files = self.parts.files()
        whole = ahead(_is_whole, files)
        return {file.base for file, is_whole in zip(files, whole, strict=True) if is_whole}

    def finish(self, parts: Iterable[str], n_combinations: int, description: Description) -> None:
        """Make the two files from those of all chunks, in their order, and remove the chunks.

        Raises:
            RuntimeError: a combination has come to nothing, not even a reject.
        """
        tables = [read_parquet(self.parts / part) for part in parts]
        # A chunk of which nothing was built has its columns in another order.
        table = pa.concat_tables(tables, promote_options="default")
        n_found = pc.count_distinct(table[c.SOURCE_ROW]).as_py()
        if n_found != n_combinations:
            raise RuntimeError(
                f"{n_combinations} combinations were to be built, but '{self.parts}' holds "
                f"{n_found}; remove it and repeat the command"
            )
        rejected = _rejects(table)
        if rejected.num_rows:
            self._folder.put(self.rejects.base, as_parquet(rejected))
        elif self.rejects.exists():  # of an earlier sweep
            files, path = self.rejects.opened
            files.delete_file(path)
        reactions = _reactions(table)
        metadata = {**REACTION_FIELDS.metadata, DESCRIPTION: json.dumps(description)}
        reactions = reactions.replace_schema_metadata(metadata)
        self._folder.put(self.reactions.base, as_parquet(reactions))
        self.parts.remove()

    def counts(self) -> tuple[int, int, dict[str, int]]:
        """Reactions of the finished sweep, different ids among them, and rejects by their code."""
        ids = read_parquet(self.reactions, [c.REACTION_ID])[c.REACTION_ID]
        codes: dict[str, int] = {}
        if self.rejects.exists():
            found = pc.value_counts(read_parquet(self.rejects, [c.CODE])[c.CODE]).to_pylist()
            codes = {one["values"]: one["counts"] for one in found}
        return len(ids), pc.count_distinct(ids).as_py(), dict(sorted(codes.items()))

    def _compare(self, before: Description, now: Description) -> None:
        differ = [
            name for name in dict.fromkeys([*before, *now]) if before.get(name) != now.get(name)
        ]
        if differ:
            raise UsageError(
                f"'{self.reactions}' was made, or begun, with another {', '.join(differ)}; repeat "
                f"that command, give another --out, or remove it and '{self.parts}'"
            )


def _is_whole(part: Location) -> bool:
    try:
        read_parquet(part)
    except (OSError, pa.ArrowException):
        return False
    return True


def _description(reactions: Location) -> Description:
    """What a finished file was made from.

    Raises:
        UsageError: no sweep has made it.
    """
    try:
        metadata = read_parquet(reactions, []).schema.metadata or {}
        return json.loads(metadata[DESCRIPTION])
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise UsageError(
            f"'{reactions}' is there already and comes from no sweep; give another --out"
        ) from error


def _reactions(table: pa.Table) -> pa.Table:
    """Good rows as a run reads them: the contract's columns and the tags."""
    tags = [name for name in table.column_names if name not in TYPES]
    good = table.filter(pc.is_null(table[c.REJECT_CODE])).select([*REACTION_FIELDS.names, *tags])
    return good.cast(pa.schema([*REACTION_FIELDS, *(table.schema.field(name) for name in tags)]))


def _rejects(table: pa.Table) -> pa.Table:
    bad = table.filter(pc.is_valid(table[c.REJECT_CODE]))
    named = bad.rename_columns({c.REJECT_CODE: c.CODE, c.REJECT_MESSAGE: c.MESSAGE})
    return named.select(REJECT_FIELDS.names).cast(REJECT_FIELDS)

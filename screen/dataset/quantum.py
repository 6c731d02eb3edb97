"""What quantum chemistry has made of the reactions of a run: `OUT/quantum/`, one row for each."""

import polars as pl
import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.schemas.tables import QUANTUM_FIELDS
from tscreen.screen.dataset.digests import SUMS, as_sums, digest, digests_in
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.chunks import BROKEN
from tscreen.screen.storage.location import Location
from tscreen.screen.storage.parquet import as_parquet, read_parquet

QUANTUM = "quantum/part-0.parquet"


def quantum_of(out: Location) -> pa.Table | None:
    """What was absorbed into a run's folder; None if nothing was.

    Raises:
        UsageError: it cannot be read.
    """
    file = out / QUANTUM
    try:
        return read_parquet(file).select(QUANTUM_FIELDS.names) if file.exists() else None
    except (*BROKEN, KeyError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(
            f"'{file}' cannot be read ({reason}); remove it and absorb its jobs again"
        ) from error


def with_quantum(results: pl.LazyFrame, out: Location) -> pl.LazyFrame:
    """Results with the columns `JOINED`, where anything was absorbed."""
    absorbed = quantum_of(out)
    if absorbed is None:
        return results
    joined = pl.DataFrame(absorbed).select(c.REACTION_ID, *c.JOINED).lazy()
    return results.join(joined, on=c.REACTION_ID, how="left", maintain_order="left")


def absorb_rows(rows: pa.Table, out: Location) -> None:
    """Add rows to what was absorbed into the folder of a finished run; newer ones replace others.

    Raises:
        OSError: it cannot be written.
        UsageError: what is there cannot be read.
    """
    before = quantum_of(out)
    if before is not None:
        new = set(rows[c.REACTION_ID].to_pylist())
        kept = [name not in new for name in before[c.REACTION_ID].to_pylist()]
        rows = pa.concat_tables([before.filter(pa.array(kept, pa.bool_())), rows])
    data = as_parquet(pa.table(rows.columns, schema=QUANTUM_FIELDS))
    out.put(QUANTUM, data)
    out.put(SUMS, as_sums({**digests_in(out / SUMS), QUANTUM: digest(data)}))

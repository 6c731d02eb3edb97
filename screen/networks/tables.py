"""The two tables of a network: `NET/molecules.parquet` and `NET/reactions.parquet`."""

import pyarrow as pa

from tscreen.schemas.tables import MOLECULE_FIELDS, STEP_FIELDS
from tscreen.screen.errors import UsageError
from tscreen.screen.storage.location import RESTORE, Location, LocationLike
from tscreen.screen.storage.parquet import as_parquet, read_parquet

MOLECULES = "molecules.parquet"
STEPS = "reactions.parquet"


def write_network(net: Location, molecules: pa.Table, steps: pa.Table) -> None:
    """Write both tables, in place of those that are there.

    The molecules come first, so that no step ever names one that is missing.

    Raises:
        OSError: one cannot be written.
    """
    net.put(MOLECULES, as_parquet(molecules.select(MOLECULE_FIELDS.names).cast(MOLECULE_FIELDS)))
    net.put(STEPS, as_parquet(steps.select(STEP_FIELDS.names).cast(STEP_FIELDS)))


def read_molecules(net: LocationLike) -> pa.Table:
    """The molecules of a network, a row each, with the columns `MOLECULE_ROW`.

    Raises:
        UsageError: the folder holds no network, or its table cannot be read.
    """
    return _read(Location.at(net), MOLECULES, MOLECULE_FIELDS)


def read_steps(net: LocationLike) -> pa.Table:
    """The elementary steps of a network, a row each, with the columns `STEP_ROW`.

    Raises:
        UsageError: the folder holds no network, or its table cannot be read.
    """
    return _read(Location.at(net), STEPS, STEP_FIELDS)


def _read(net: Location, name: str, fields: pa.Schema) -> pa.Table:
    file = net / name
    if not file.exists():
        raise UsageError(f"'{net}' holds no {name}; give the --out folder of a `tscreen explore`")
    try:
        return read_parquet(file).select(fields.names).cast(fields)
    except (OSError, pa.ArrowException, KeyError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"'{file}' cannot be read ({reason}); {RESTORE}") from error

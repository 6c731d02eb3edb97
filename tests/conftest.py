"""Reactions that many tests share."""

from tscreen.actors.workers.threads import hold_to_one_thread

# Before NumPy is loaded, which reads it then: calculations run in this process here, and several
# libraries with a thread for each core spend their time waiting for each other.
hold_to_one_thread()

# ruff: noqa: E402
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import settings

from tscreen.schemas.reaction import positions_array
from tscreen.schemas.tables import REACTION_FIELDS

# The same examples on every machine, however slow it is.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

DATA = Path(os.environ.get("TSCREEN_DATA", Path(__file__).parents[2] / "shared" / "data"))


def _data(name: str) -> pa.Table:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"needs {path.name}; set TSCREEN_DATA to the folder that holds it")
    return pq.read_table(path)


@pytest.fixture(scope="session")
def gdb7() -> pa.Table:
    """All of GDB7-22-TS, reference transition states included."""
    return _data("gdb7_22_ts.parquet")


@pytest.fixture(scope="session")
def cyclo() -> pa.Table:
    """All of Cyclo-23-TS, reference transition states included."""
    return _data("cyclo_23_ts.parquet")


# HCN -> HNC: atoms H, C, N in Angstrom.
HCN = np.array([[0.0, 0.0, -1.064], [0.0, 0.0, 0.0], [0.0, 0.0, 1.156]])
HNC = np.array([[0.0, 0.0, 2.167], [0.0, 0.0, 0.0], [0.0, 0.0, 1.169]])


def reaction_row(name: str, **changes: object) -> dict[str, object]:
    """A good row (HCN to HNC), with some of its cells changed."""
    row: dict[str, object] = {
        "reaction_id": name,
        "atomic_numbers": [1, 6, 7],
        "reactant_positions": HCN.tolist(),
        "product_positions": HNC.tolist(),
        "reactant_fragments": [0, 0, 0],
        "product_fragments": [0, 0, 0],
        "charge": 0,
        "multiplicity": 1,
    }
    return {**row, **changes}


def reaction_table(*rows: dict[str, object]) -> pa.Table:
    """Rows as a table in the contract's types, with any further cells as tags."""
    extra = [name for name in rows[0] if name not in REACTION_FIELDS.names]
    fields = [field for field in REACTION_FIELDS if field.name in rows[0]]
    columns: dict[str, pa.Array] = {}
    for field in fields:
        cells = [row[field.name] for row in rows]
        if field.name.endswith("_positions"):
            columns[field.name] = positions_array(
                [None if cell is None else np.array(cell).reshape(-1, 3) for cell in cells]
            )
        else:
            columns[field.name] = pa.array(cells, field.type)
    for name in extra:
        columns[name] = pa.array([row[name] for row in rows])
    return pa.table(columns)


@pytest.fixture(scope="session")
def small_network():
    """An untrained network in which nothing is trivially zero."""
    from networks import stirred_network

    return stirred_network()


def at_once(_wall_s: float, function: Callable[..., Any], *args: Any) -> Any:
    """Runs a calculation in this process, where a test can reach into it."""
    return function(*args)


def worker_path(test_file: Path) -> str:
    """Where a worker finds a test file and what tests share."""
    return f"{test_file.parent}{os.pathsep}{Path(__file__).parent}"


@pytest.fixture(scope="module")
def local_ray(request: pytest.FixtureRequest):
    """One small Ray for all tests of a file, whose workers find what that file imports."""
    import ray

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", worker_path(request.path), prepend=os.pathsep)
        ray.init(
            address="local",
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            object_store_memory=300_000_000,
        )
        yield
        ray.shutdown()

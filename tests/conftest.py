"""Reactions that many tests share."""

from tscreen.actors.workers.threads import hold_to_one_thread

# Before NumPy is loaded, which reads it then: calculations run in this process here, and several
# libraries with a thread for each core spend their time waiting for each other.
hold_to_one_thread()

# ruff: noqa: E402
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import settings

from tscreen.schemas.reaction import positions_array
from tscreen.schemas.tables import REACTION_FIELDS

# Else the other tests, or whatever keeps the machine busy, let the workers of a Ray wait.
os.environ.update(RAY_worker_niceness="0")

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


STARTS_RAY = pytest.mark.xdist_group("ray")
"""For tests that start a Ray by themselves, in this process or in another one."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Who runs beside whom: two Rays starve each other, and the tests of a file share fixtures."""
    if "ray_cluster" in getattr(item, "fixturenames", ()):
        item.add_marker(STARTS_RAY)
    if STARTS_RAY.mark in item.iter_markers("xdist_group"):
        item.add_marker(pytest.mark.slow)
    else:
        item.add_marker(pytest.mark.xdist_group(item.path.stem))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest first, so that no process is left alone with it in the end.

    Of the tests that start Ray, those come first that would have another one beside theirs later.
    """
    items.sort(
        key=lambda item: (
            item.get_closest_marker("slow") is None,
            STARTS_RAY.mark not in item.iter_markers("xdist_group"),
            "ray_cluster" in getattr(item, "fixturenames", ()),
        )
    )


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Whatever the test before has asked for: torch's threads are those of xTB and PySCF, too."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


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


@pytest.fixture(autouse=True)
def forget_relaxed_molecules() -> None:
    """A test that changes how molecules are relaxed must not find those of another."""
    if module := sys.modules.get("tscreen.actors.quantum.thermochemistry"):
        module._REMEMBERED.clear()


def at_once(_wall_s: float, function: Callable[..., Any], *args: Any) -> Any:
    """Runs a calculation in this process, where a test can reach into it."""
    return function(*args)


def find_stand_ins(patch: pytest.MonkeyPatch) -> None:
    """Let the workers of a Ray that is started now find what tests share."""
    patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[str]:
    """The address of a small Ray for all tests, which belongs to no driver."""
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 2, "object_store_memory": 300_000_000, "include_dashboard": False}
    node["include_log_monitor"] = False  # nobody reads what it sends
    with pytest.MonkeyPatch.context() as patch:
        find_stand_ins(patch)
        cluster = Cluster(initialize_head=True, head_node_args=node)
        yield cluster.address
        cluster.shutdown()


def as_on_cores(patch: pytest.MonkeyPatch, cores: int) -> None:
    """Let runs have the workers that fit so many cores."""
    patch.setattr("ray.cluster_resources", lambda: {"CPU": float(cores)})


@pytest.fixture(scope="module")
def local_ray(ray_cluster) -> Iterator[str]:
    """The address of the Ray that this process is connected to.

    Runs have the workers of one core, as the start of a worker takes longer than its work here.
    """
    import ray

    with pytest.MonkeyPatch.context() as patch:
        as_on_cores(patch, 1)
        ray.init(address=ray_cluster, log_to_driver=False)
        yield ray_cluster
        ray.shutdown()

"""`tscreen` is one package, and nothing else of its name or its rooms' is taken for it."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tscreen.actors.exploring.stage import DriveStage
from tscreen.actors.stages import RefineStage

ROOT = Path(__file__).parents[2]
ROOMS = ["schemas", "model", "actors", "screen"]
LARGEST = 12
"""Modules in one folder; more are no longer seen at a glance."""


@pytest.mark.parametrize(
    "command",
    [
        [str(Path(sys.executable).with_name("tscreen"))],
        [sys.executable, "-c", "from tscreen.screen.cli.main import main; main()"],
    ],
    ids=["script", "python"],
)
def test_it_starts_where_files_have_the_names_of_its_rooms(tmp_path, command):
    for name in ROOMS:
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('not this one')\n")
    done = subprocess.run(
        [*command, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "evaluate" in done.stdout


def test_the_version_is_that_of_the_distribution():
    from importlib.metadata import version

    import tscreen

    assert tscreen.__version__ == version("tscreen")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_reached_by_its_link(room):
    assert (ROOT / "tscreen" / room).resolve() == ROOT / room


@pytest.mark.parametrize("room", ROOMS)
def test_every_folder_of_modules_is_a_package(room):
    for module in (ROOT / room).rglob("*.py"):
        assert module.with_name("__init__.py").exists(), module


@pytest.mark.parametrize("top", [*ROOMS, "tests", "bench"])
def test_no_folder_holds_many_modules(top):
    modules = [module for module in (ROOT / top).rglob("*.py") if module.name != "__init__.py"]
    for folder, number in Counter(module.parent for module in modules).items():
        assert number <= LARGEST, folder


HEAVY = {"torch", "ray", "polars", "pyarrow", "numpy", "ase", "rdkit", "scipy", "e3nn"}


def loaded_with(modules: str) -> set[str]:
    code = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["tscreen", "tscreen.screen.cli.main"])
def test_what_is_imported_first_loads_nothing_heavy(module):
    assert not HEAVY & loaded_with(module)


@pytest.mark.parametrize(
    "modules",
    [
        ", ".join((*RefineStage.preload, *DriveStage.preload)),  # in every process that searches
        "tscreen.actors.smiles.records",
        "tscreen.screen.report.collect",
        "tscreen.screen.dataset.changes",
    ],
)
def test_torch_is_loaded_where_networks_run(modules):
    loaded = loaded_with(modules)
    assert "numpy" in loaded
    assert "torch" not in loaded


def test_duckdb_is_loaded_where_sql_is_answered():
    assert "duckdb" not in loaded_with("tscreen.screen.runs.run")

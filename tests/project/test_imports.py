"""Imports go one way: schemas <- model <- actors <- screen, and so they do within the model."""

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ["schemas", "model", "actors", "screen"]
MODEL_ROOMS = ["reactions", "weights", "networks", "inference", "evaluation", "training"]
FOREIGN = {
    "schemas": {"torch", "e3nn", "ray", "rdkit", "ase", "sella", "xtb", "tblite", "polars"},
    "model": {"ray", "rdkit", "ase", "sella", "xtb", "tblite"},
    "actors": {"ray", "typer", "rich"},
    "screen": {"torch", "e3nn", "rdkit", "sella", "xtb", "tblite"},
}


def imported(source: str) -> set[str]:
    """Everything that a module imports anywhere, inside functions too, and the packages it is in.

    Of ``import a.b`` and ``from a import b`` that is ``a`` and ``a.b``.
    """
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a thing comes from"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.rsplit(".", n)[0] for name in names for n in range(name.count(".") + 1)}


def modules(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"nothing in {folder}"
    return found


def above(name: str, order: list[str]) -> list[str]:
    return order[order.index(name) + 1 :]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_package_imports_only_packages_below_it(layer):
    for module in modules(layer):
        names = imported(module.read_text())
        assert not names & {f"tscreen.{name}" for name in above(layer, LAYERS)}, module


@pytest.mark.parametrize("room", MODEL_ROOMS)
def test_a_room_of_the_model_imports_only_rooms_below_it(room):
    for module in modules(f"model/{room}"):
        names = imported(module.read_text())
        assert not names & {f"tscreen.model.{name}" for name in above(room, MODEL_ROOMS)}, module


@pytest.mark.parametrize("layer", LAYERS)
def test_a_package_keeps_away_from_libraries_that_are_not_its_business(layer):
    for module in modules(layer):
        assert not imported(module.read_text()) & FOREIGN[layer], module


@pytest.mark.parametrize("folder", ["tscreen", *LAYERS, "tests", "bench"])
def test_packages_have_their_full_names(folder):
    """A bare ``model`` would be whatever lies in the folder in which a user stands."""
    for module in modules(folder):
        assert not imported(module.read_text()) & set(LAYERS), module


def test_no_two_classes_have_one_name():
    names = Counter(
        node.name
        for layer in LAYERS
        for module in modules(layer)
        for node in ast.parse(module.read_text()).body
        if isinstance(node, ast.ClassDef)
    )
    # `tscreen.Reaction` is the schema's with ways to make one that no schema could import.
    assert {name for name, count in names.items() if count > 1} == {"Reaction"}


def test_imports_inside_functions_are_seen():
    source = "def f():\n    import ray.data\n    from tscreen.model import x"
    assert imported(source) == {"ray", "ray.data", "tscreen", "tscreen.model", "tscreen.model.x"}

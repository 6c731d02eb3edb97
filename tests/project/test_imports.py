"""Imports go one way: schemas <- model <- actors <- screen."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ["schemas", "model", "actors", "screen"]
FOREIGN = {
    "schemas": {"torch", "e3nn", "ray", "rdkit", "ase", "sella", "xtb", "tblite", "polars"},
    "model": {"ray", "rdkit", "ase", "sella", "xtb", "tblite"},
    "actors": {"ray", "typer", "rich"},
    "screen": {"torch", "e3nn", "rdkit", "sella", "xtb", "tblite"},
}


def imported(source: str) -> set[str]:
    """Top-level packages that a module imports anywhere, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a thing comes from"
            names.add((node.module or "").partition(".")[0])
    return names


def modules(layer: str) -> list[Path]:
    found = sorted((ROOT / layer).rglob("*.py"))
    assert found, f"nothing in {layer}"
    return found


@pytest.mark.parametrize("layer", LAYERS)
def test_a_package_imports_only_packages_below_it(layer):
    above = set(LAYERS[LAYERS.index(layer) + 1 :])
    for module in modules(layer):
        assert not imported(module.read_text()) & above, module


@pytest.mark.parametrize("layer", LAYERS)
def test_a_package_keeps_away_from_libraries_that_are_not_its_business(layer):
    for module in modules(layer):
        assert not imported(module.read_text()) & FOREIGN[layer], module


def test_imports_inside_functions_are_seen():
    assert imported("def f():\n    import ray.data\n    from model.x import y") == {"ray", "model"}

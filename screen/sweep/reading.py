"""Which kind of recipe a file holds."""

from pathlib import Path

import yaml

from tscreen.screen.sweep.recipe import Recipe
from tscreen.screen.sweep.smarts import read_smarts
from tscreen.screen.sweep.structure import read_structure_template
from tscreen.screen.sweep.template import read_template


def read_recipe(path: Path, smarts: str | None) -> Recipe:
    """Read a template, or with a reaction SMARTS the library that it is applied to.

    Raises:
        UsageError: something in it is missing, unknown or contradictory.
    """
    if smarts is not None:
        return read_smarts(smarts, path)
    return read_structure_template(path) if _has_structure(path) else read_template(path)


def _has_structure(path: Path) -> bool:
    try:
        return "structure" in yaml.safe_load(path.read_text())
    except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError):
        return False  # `read_template` says what is wrong

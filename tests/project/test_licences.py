"""docs/licences.md names all that is installed; the bill of materials is one that tools read."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "bench" / "project"))

from bill_of_materials import PAGE, constrained, licence_of, page, sbom, to_run  # noqa: E402


def test_the_page_is_that_of_what_is_installed():
    assert PAGE.read_text() == page(), "run bench/project/bill_of_materials.py"


def test_all_that_runs_is_held_to_one_version():
    assert {name for name in to_run() if name != "tscreen"} <= set(constrained())


def test_every_licence_is_told_and_none_forbids_to_pass_the_program_on():
    rows = [line.split(" | ") for line in page().partition("## For extras")[0].splitlines()]
    told = {row[0].lstrip("| "): row[1].rstrip(" |") for row in rows if len(row) == 2}
    assert {"torch", "ray", "xtb", "rdkit", "sella"} <= told.keys()
    assert "not told" not in told.values()


@pytest.mark.parametrize(
    ("told", "licence"),
    [
        ({"License-Expression": "MIT", "License": "other"}, "MIT"),
        ({"Classifier": "License :: OSI Approved :: MIT License"}, "MIT License"),
        ({"Classifier": "License :: OSI Approved", "License": "BSD\nmore"}, "BSD"),
        ({"License": "x" * 300}, "not told"),
        ({}, "not told"),
    ],
)
def test_a_licence_is_found_wherever_a_package_tells_it(tmp_path, told, licence):
    from importlib.metadata import PathDistribution

    lines = "".join(f"{name}: {text.splitlines()[0]}\n" for name, text in told.items())
    (tmp_path / "METADATA").write_text(f"Metadata-Version: 2.1\nName: a\nVersion: 1\n{lines}\n")
    assert licence_of(PathDistribution(tmp_path)) == licence


def test_the_bill_names_every_package_once_and_only_those():
    bill = sbom()
    named = [one["bom-ref"] for one in bill["components"]]
    assert len(set(named)) == len(named) > 50
    assert {need for one in bill["dependencies"] for need in one["dependsOn"]} == set(named)

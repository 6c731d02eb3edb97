"""What this program is made of: every package of constraints.txt, its licence and what needs it.

    python bench/project/bill_of_materials.py [--sbom FILE]

Writes docs/licences.md and, on request, the same as a CycloneDX 1.6 document. All is read from the
packages that are installed, so run it where the versions of constraints.txt are.
"""

import argparse
import json
import re
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
CONSTRAINTS, PAGE = ROOT / "constraints.txt", ROOT / "docs" / "licences.md"
PROGRAM = "tscreen"
LONGEST = 60
"""Of a licence's name; some packages give its whole text in that place."""
HEAD = """# Licences

What is installed with `pip install -c constraints.txt tscreen`, and what its extras, its tests and
these pages take beside that, as each package says itself. `python
bench/project/bill_of_materials.py` writes this page; `make sbom` writes the same with versions and
who needs whom as a CycloneDX document, `build/sbom.json`.
"""


@dataclass(frozen=True)
class Package:
    """One of those that are installed.

    Attributes:
        name: normalised, as in constraints.txt.
        version: that is installed.
        licence: as the package says, "not told" where it does not.
        needs: names of those that it needs itself.
    """

    name: str
    version: str
    licence: str
    needs: frozenset[str]


def constrained() -> list[str]:
    """The names in constraints.txt."""
    lines = CONSTRAINTS.read_text().splitlines()
    return [canonicalize_name(re.split("[=;]", line)[0]) for line in lines if "==" in line]


def package(name: str, extras: frozenset[str] = frozenset()) -> Package | None:
    """What is installed by a name, None where nothing is (on this system, perhaps)."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    return Package(name, found.version.split("+")[0], licence_of(found), needs(found, extras))


def licence_of(found: Distribution) -> str:
    """The name of a licence: the expression, else the classifiers, else the free text."""
    if told := found.metadata.get("License-Expression"):
        return told
    classifiers = found.metadata.get_all("Classifier") or []
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    if named := [one for one in named if one != "OSI Approved"]:
        return ", ".join(named)
    free = (found.metadata.get("License") or "").strip().partition("\n")[0]
    return free if 0 < len(free) <= LONGEST else "not told"


def needs(found: Distribution, extras: frozenset[str]) -> frozenset[str]:
    """The names of what a package needs here, and with some of its extras."""
    wanted = [Requirement(text) for text in found.requires or []]
    return frozenset(
        canonicalize_name(one.name)
        for one in wanted
        if one.marker is None or any(one.marker.evaluate({"extra": e}) for e in {"", *extras})
    )


def to_run() -> dict[str, Package]:
    """All that is needed to run, whoever needs it; extras of what is needed count."""
    wanted: list[tuple[str, frozenset[str]]] = [(PROGRAM, frozenset())]
    found: dict[str, Package] = {}
    while wanted:
        name, extras = wanted.pop()
        one = package(name, extras)
        if one is None or (name in found and found[name].needs >= one.needs):
            continue
        found[name] = one
        for text in distribution(name).requires or []:
            need = Requirement(text)
            if canonicalize_name(need.name) in one.needs:
                wanted.append((canonicalize_name(need.name), frozenset(need.extras)))
    return found


def page() -> str:
    """The text of docs/licences.md."""
    running = to_run()
    others = [package(name) for name in constrained() if name not in running]
    tables = {
        "To run": [one for name, one in sorted(running.items()) if name != PROGRAM],
        "For extras, tests and these pages": [one for one in others if one is not None],
    }
    parts = [HEAD]
    for title, packages in tables.items():
        rows = [f"| {one.name} | {one.licence} |" for one in packages]
        parts.append("\n".join([f"## {title}\n", "| package | licence |", "| --- | --- |", *rows]))
    return "\n".join([*parts, ""])


def sbom() -> dict[str, Any]:
    """All that is needed to run as a CycloneDX document."""
    running = to_run()
    program = running.pop(PROGRAM)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _component(program, "application")},
        "components": [_component(one, "library") for _, one in sorted(running.items())],
        "dependencies": [
            {
                "ref": _url(one),
                "dependsOn": sorted(_url(running[name]) for name in one.needs if name in running),
            }
            for one in [program, *running.values()]
        ],
    }


def _component(one: Package, kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "bom-ref": _url(one),
        "name": one.name,
        "version": one.version,
        "purl": _url(one),
        "licenses": [{"license": {"name": one.licence}}],
    }


def _url(one: Package) -> str:
    return f"pkg:pypi/{one.name}@{one.version}"


def main() -> None:
    """Write the page and, on request, the document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sbom", type=Path)
    options = parser.parse_args()
    PAGE.write_text(page())
    if options.sbom is not None:
        options.sbom.parent.mkdir(parents=True, exist_ok=True)
        options.sbom.write_text(json.dumps(sbom(), indent=2) + "\n")


if __name__ == "__main__":
    main()

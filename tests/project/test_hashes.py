"""hashes.txt holds the packages that tests pass with, and a hash for each of their files."""

import re
import sys
from pathlib import Path

from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "bench" / "project"))

from bill_of_materials import to_run  # noqa: E402

PIN = re.compile(r"^([\w.-]+)==([^\s;+]+)\S*(?: \\\n    --hash=sha256:[0-9a-f]{64})*", re.MULTILINE)


def test_every_package_has_the_version_of_the_constraints_and_a_hash():
    hashed = {canonicalize_name(pin[1]): pin for pin in PIN.finditer(_text("hashes.txt"))}
    held = {canonicalize_name(pin[1]): pin[2] for pin in PIN.finditer(_text("constraints.txt"))}
    assert all("--hash" in pin[0] for pin in hashed.values())
    assert {name: pin[2] for name, pin in hashed.items()}.items() <= held.items(), "make hashes"
    assert to_run().keys() - {"tscreen"} <= hashed.keys(), "make hashes"


def _text(name: str) -> str:
    return (ROOT / name).read_text()

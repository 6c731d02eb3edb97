import io
from types import SimpleNamespace

import pytest

from tscreen.screen.errors import UsageError
from tscreen.screen.runs.standard_input import input_of
from tscreen.screen.storage.location import Location

CSV = b"reaction_id,smiles\na,C=CO>>CC=O\n"


def piped(monkeypatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))


def test_a_named_file_is_itself(tmp_path):
    assert input_of(tmp_path / "in.csv", Location.at(tmp_path)).base == "in.csv"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (CSV, "stdin.csv"),
        (b"PAR1...", "stdin.parquet"),
        (b"2\n\nH 0 0 0\nH 0 0 1\n", "stdin.xyz"),
        (b"name\n\n\n  0  0 V2000\nM  END\n$$$$\n", "stdin.sdf"),
        (b"@<TRIPOS>MOLECULE\n", "stdin.mol2"),
    ],
)
def test_what_comes_is_kept_as_a_file_of_its_kind(tmp_path, monkeypatch, data, name):
    piped(monkeypatch, data)
    found = input_of("-", Location.at(tmp_path / "out"))
    assert (found.base, found.read()) == (name, data)


@pytest.mark.parametrize("again", [CSV, b""])
def test_a_run_that_goes_on_finds_what_came_untouched(tmp_path, monkeypatch, again):
    out = Location.at(tmp_path / "out")
    piped(monkeypatch, CSV)
    before = input_of("-", out).info.mtime_ns
    piped(monkeypatch, again)
    assert input_of("-", out).info.mtime_ns == before


def test_nothing_on_the_standard_input_is_a_mistake(tmp_path, monkeypatch):
    piped(monkeypatch, b"")
    with pytest.raises(UsageError, match="nothing comes"):
        input_of("-", Location.at(tmp_path / "out"))

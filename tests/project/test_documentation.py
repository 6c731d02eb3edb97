"""The code in docs runs as it stands; docs/columns.md names all that a result can hold."""

import json
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from commands import tscreen
from runs import finished_run, put, rejects_table, result, results_table

from tscreen.schemas import columns as c
from tscreen.schemas.caution import Caution
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.status import Status

ROOT = Path(__file__).parents[2]
TEXT = "\n".join((ROOT / "docs" / name).read_text() for name in ("analytics.md", "python.md"))
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
NOTEBOOK = json.loads((ROOT / "examples" / "screening.ipynb").read_text())
SHELL = [
    line
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in re.split(r"\n(?=tscreen)", block.strip())
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where a user stands: a folder with a run called `out`, and `tscreen` at hand."""
    out = finished_run(tmp_path / "out", rows=4)
    rows = [
        result(
            f"r{i}", p_good=0.45 * i, barrier_kcal_mol=30.0 - i, reaction_energy_kcal_mol=1.0 * i
        )
        for i in range(3)
    ]
    put(results_table(*rows[:2]), out, "results", "1")
    put(results_table(rows[2]), out, "results", "2")
    put(rejects_table("bad_smiles"), out, "rejects", "1")
    shutil.copy(ROOT / "examples" / "reactions.csv", tmp_path)
    command = tmp_path / "bin" / "tscreen"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nfrom tscreen.screen.cli.main import main\nmain()\n")
    command.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    monkeypatch.setenv("PATH", str(command.parent), prepend=os.pathsep)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("names", [c.RESULT, Status, RejectCode, Caution])
def test_the_documentation_names_every_column_and_code(names):
    page = (ROOT / "docs" / "columns.md").read_text()
    assert [str(name) for name in names if f"`{name}`" not in page] == []


def test_every_page_is_in_the_table_of_contents_and_the_readme_leads_to_all():
    readme, contents = ((ROOT / name).read_text() for name in ("README.md", "mkdocs.yml"))
    for page in (ROOT / "docs").glob("*.md"):
        assert f": {page.name}\n" in contents, page
        assert page.name in ("index.md", "api.md") or f"docs/{page.name}" in readme, page


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) < 130


def test_there_is_code_to_run():
    assert len(PYTHON) >= 6
    assert any("tscreen.run(" in code for code in PYTHON)
    assert len(SHELL) >= 7


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("code", PYTHON)
def test_a_python_snippet_runs(capsys, code):
    exec(code, {})
    assert capsys.readouterr().out.strip() or "print" not in code


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
def test_the_notebook_runs_as_it_did_when_it_was_saved(capsys, monkeypatch):
    cells = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 5
    assert all("error" not in {out["output_type"] for out in cell["outputs"]} for cell in cells)
    monkeypatch.setenv("MPLBACKEND", "Agg")  # figures are drawn, and shown to nobody
    exec("\n\n".join(map(_source, cells)), {})
    printed = capsys.readouterr().out
    assert "verified: True" in printed
    assert "'results': 4" in printed


def _source(cell: dict) -> str:
    return "".join(cell["source"])


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("line", SHELL)
def test_a_command_runs(line):
    words = shlex.split(line, comments=True)
    assert words[0] == "tscreen"
    done = tscreen(*("out" if word == "OUT" else word for word in words[1:]))
    assert done.returncode == 0, done.stderr

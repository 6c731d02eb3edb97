"""Broken files of every kind beside a good one: a sentence, an exit code, and no lost good row.

A few examples of each here; `make fuzz` takes a hundred times as many, others each time.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pyarrow.parquet as pq
import pytest
from broken import YAML, breakages, broken, whole_files
from commands import tscreen
from conftest import reaction_row, reaction_table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from readings import plan_all
from standins import standins

from tscreen.actors.mapping.rows import checked
from tscreen.screen.dataset.output import read_results
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.reading import read_chunk
from tscreen.screen.sweep.reading import read_recipe

TIMES = int(os.environ.get("TSCREEN_FUZZ", "1"))
"""As many examples as in a run of all tests, where others are wanted each time."""
FILES = whole_files()
GOOD = {"good0", "good1"}
EXAMPLE_LIBRARIES = Path(__file__).parents[2] / "examples"


def fuzzed(few: int):
    """So many examples, always the same; many times as many, and others each time, on request."""
    return settings(
        max_examples=few * TIMES,
        derandomize=TIMES == 1,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


@contextlib.contextmanager
def folder_with_good_rows() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "in")
        folder.mkdir()
        table = reaction_table(*(reaction_row(one) for one in sorted(GOOD)))
        pq.write_table(table, folder / "a_good.parquet")
        yield folder


@pytest.mark.parametrize("ending", FILES)
@fuzzed(few=25)
@given(by=breakages())
def test_a_broken_file_is_read_or_told_and_leaves_good_rows_alone(ending, by):
    with folder_with_good_rows() as folder:
        (folder / f"b_broken{ending}").write_bytes(broken(FILES[ending], by))
        planned = plan_all(folder)
        rows = [
            row
            for chunk in planned.chunks
            for row in checked(read_chunk(chunk), max_atoms=50).to_pylist()
        ]
    assert len(rows) == planned.n_rows
    assert {row["reaction_id"] for row in rows if row["reject_code"] is None} >= GOOD
    for row in rows:
        assert (row["reject_code"] is None) == (row["reject_message"] is None)


@fuzzed(few=4)
@given(by=st.fixed_dictionaries({ending: breakages() for ending in FILES}))
def test_a_run_over_broken_files_of_all_kinds_ends_with_a_code_and_at_most_a_sentence(by):
    with folder_with_good_rows() as folder:
        for number, (ending, how) in enumerate(by.items()):
            (folder / f"b{number}{ending}").write_bytes(broken(FILES[ending], how))
        out = folder.parent / "out"
        with mock.patch("tscreen.screen.runs.run.shipped", return_value=standins()):
            done = tscreen("run", folder, "--out", out, "--engine", "local", "--refine", "none")
        told = [line for line in done.stderr.splitlines() if line.startswith("tscreen: ")]
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr + done.stdout
        assert "\x1b" not in done.stderr
        assert len(told) <= 1
        found = read_results(out).collect()
        assert set(found["reaction_id"]) >= GOOD


@fuzzed(few=40)
@given(by=breakages())
def test_a_broken_template_is_read_or_told_in_a_sentence(by):
    with tempfile.TemporaryDirectory() as folder:
        for library in ("substituents.csv", "catalysts.csv"):
            shutil.copy(EXAMPLE_LIBRARIES / library, folder)
        file = Path(folder, "template.yaml")
        file.write_bytes(broken(YAML.encode(), by))
        with contextlib.suppress(UsageError):
            read_recipe(file, None)


@fuzzed(few=40)
@given(by=breakages())
def test_a_broken_filter_is_a_condition_or_told(by):
    condition = broken(b"charge = 0 AND rank < 3 OR family LIKE '%x%'", by).decode("latin-1")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "in.parquet")
        file.write_bytes(FILES[".parquet"])
        with contextlib.suppress(UsageError):
            plan_all(file, filter=condition)

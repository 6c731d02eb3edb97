"""Queries, exports and status of a run that lies on another file system."""

import ase.io
import pytest
from runs import finished_run, put, rejects_table, result, results_table

from tscreen.screen.analysis.query import asked
from tscreen.screen.dataset.output import read_results
from tscreen.screen.errors import UsageError
from tscreen.screen.exports.export import export
from tscreen.screen.runs.status import Observer
from tscreen.screen.storage.location import Location


@pytest.fixture
def out(tmp_path):
    """A run in fsspec's memory, with folders by a tag."""
    here = finished_run(tmp_path / "run", rows=4, template="string")
    put(results_table(result("a")), here, "results", "template=x y/1")
    put(results_table(result("b"), result("c")), here, "results", "template=7/1")
    put(rejects_table("bad_smiles"), here, "rejects", "1")
    there = Location.at(f"memory://{tmp_path.name}/run")
    for path in here.rglob("*"):
        if path.is_file():
            there.put(str(path.relative_to(here)), path.read_bytes())
    return str(there)


def test_a_query_sees_rows_and_the_tags_that_folders_tell(out):
    with asked(out, "SELECT reaction_id, template FROM results ORDER BY ALL") as answer:
        found = list(answer.rows)
    assert found == [("a", "x y"), ("b", "7"), ("c", "7")]
    rows = read_results(out).select("reaction_id", "template").sort("reaction_id").collect()
    assert rows.rows() == found
    with asked(out, "SELECT code FROM rejects") as answer:
        assert list(answer.rows) == [("bad_smiles",)]


def test_status_needs_a_storage_that_keeps_times(out):
    with pytest.raises(UsageError, match=r"when files came.*tscreen query"):
        Observer(out)


def test_an_export_comes_from_there(out, tmp_path):
    export(out, tmp_path / "all.xyz", "template = '7'", lambda n_rows, rows: rows)
    frames = ase.io.read(tmp_path / "all.xyz", index=":")
    assert [frame.info["reaction_id"] for frame in frames] == ["b"] * 3 + ["c"] * 3

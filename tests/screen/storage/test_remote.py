"""Runs that read from and write to an S3-compatible server."""

import time
from collections.abc import Iterator

import polars as pl
import pyarrow.parquet as pq
import pytest
import ray
from conftest import as_on_cores, reaction_row, reaction_table
from services import served
from standins import hydrogens, standins

from tscreen.screen.analysis.query import asked
from tscreen.screen.analysis.top import best
from tscreen.screen.dataset.check import check
from tscreen.screen.dataset.output import read_rejects, read_results
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Settings
from tscreen.screen.errors import UsageError
from tscreen.screen.runs.run import run
from tscreen.screen.runs.status import Observer
from tscreen.screen.storage.location import Location

HCN_XYZ = """3
reaction_id=iso side=reactant
H 0 0 -1.064
C 0 0 0
N 0 0 1.156
3
reaction_id=iso side=product
H 0 0 2.167
C 0 0 0
N 0 0 1.169
"""


@pytest.fixture(scope="module")
def access() -> Iterator[dict[str, str]]:
    """The environment that leads to a server, which lives as long as the tests here."""
    with pytest.MonkeyPatch.context() as patch, served("reactions", patch) as access:
        yield access


@pytest.fixture
def bucket(access) -> str:
    return "s3://reactions"


@pytest.fixture
def ray_with_access(access, ray_cluster, monkeypatch) -> Iterator[None]:
    """The Ray of the other tests: one that is started beside it leaves it unusable."""
    as_on_cores(monkeypatch, 1)
    ray.init(address=ray_cluster, log_to_driver=False, runtime_env={"env_vars": access})
    yield
    ray.shutdown()


def screened(source: str, out: str, **settings) -> dict:
    wanted = Settings(**{"input": source, "out": out, "engine": "local"} | settings)
    return run(wanted, Show(), standins(wanted.seed)).as_json()


@pytest.mark.usefixtures("ray_with_access")
def test_a_run_from_bucket_to_bucket_is_that_from_folder_to_folder(bucket, tmp_path):
    rows = [reaction_row(f"r{i:02}", **hydrogens(2 + 2 * (i % 3)), rank=i) for i in range(40)]
    rows.append(reaction_row("bad", multiplicity=2, rank=40))
    pq.write_table(reaction_table(*rows), tmp_path / "in.parquet")
    Location.at(bucket).put("in/a.parquet", (tmp_path / "in.parquet").read_bytes())
    Location.at(bucket).put("in/b.xyz", HCN_XYZ.encode())
    here = tmp_path / "folder"
    Location.at(here).put("a.parquet", (tmp_path / "in.parquet").read_bytes())
    Location.at(here).put("b.xyz", HCN_XYZ.encode())

    report = screened(f"{bucket}/in", f"{bucket}/out", engine="ray", fallback_fraction=0.2)
    local = screened(str(here), str(tmp_path / "out"), fallback_fraction=0.2)
    assert report["counts"] == local["counts"]
    assert (report["counts"]["results"], report["counts"]["rejects"]) == (41, 1)
    outs = (f"{bucket}/out", tmp_path / "out")
    there, folder = (read_results(out).sort("reaction_id").collect() for out in outs)
    assert there.to_dicts() == folder.to_dicts()
    assert read_rejects(f"{bucket}/out").collect()["reaction_id"].to_list() == ["bad"]
    assert check(f"{bucket}/out") == []
    with asked(f"{bucket}/out", "SELECT count(*) FROM results WHERE rank < 10") as answer:
        assert list(answer.rows) == [(10,)]
    status = Observer(f"{bucket}/out").look(time.time())
    assert (status.state, status.done) == ("finished", 42)
    assert status.reject_code == {"electron_count": 1}
    # r00 and r01 are flagged, so neither may lead
    first = [best(str(out), "rank", 1)["reaction_id"].to_list() for out in outs]
    assert first == [["r02"], ["r02"]]
    flagged = there.filter(pl.col("warnings").list.len() > 0)["reaction_id"]
    assert {"r00", "r01"} <= set(flagged)
    assert (Location.at(bucket) / "out/staged").files() == []

    done_before = screened(f"{bucket}/in", f"{bucket}/out", fallback_fraction=0.2)
    assert done_before == report
    with pytest.raises(UsageError, match="seed 0 then, 1 now"):
        screened(f"{bucket}/in", f"{bucket}/out", fallback_fraction=0.2, seed=1)


def test_a_run_on_a_bucket_goes_on_where_it_was(bucket, tmp_path, monkeypatch):
    odd = ["007", "../../x", "a/b=c", None, "a%2Fb", "", "ü"]
    families = [odd[i % 7] for i in range(70)]
    rows = [
        reaction_row(f"r{i:02}", **hydrogens(2), family=family) for i, family in enumerate(families)
    ]
    pq.write_table(reaction_table(*rows), tmp_path / "in.parquet")
    Location.at(bucket).put("again.parquet", (tmp_path / "in.parquet").read_bytes())
    settings = {"min_p_good": 0.3, "partition_by": ["family", "status"]}
    with monkeypatch.context() as patch:
        patch.setattr("tscreen.screen.runs.run.clear", lambda out: None)
        first = screened(f"{bucket}/again.parquet", f"{bucket}/again", **settings)
    assert check(f"{bucket}/again") == []
    files, path = Location.at(f"{bucket}/again").opened
    files.delete_file(f"{path}/run.json")
    files.delete_file(f"{path}/done/{(Location.at(bucket) / 'again/done').files()[0].base}")
    assert "not ended" in " ".join(check(f"{bucket}/again"))
    second = screened(f"{bucket}/again.parquet", f"{bucket}/again", **settings)
    assert second["counts"] == first["counts"]
    assert 0 < 70 - second["rows_done_before"] <= 32
    assert check(f"{bucket}/again") == []
    rows = read_results(f"{bucket}/again").sort("reaction_id").collect()
    assert rows["family"].to_list() == families
    with asked(f"{bucket}/again", "SELECT count(*) FROM results WHERE family = '007'") as answer:
        assert list(answer.rows) == [(10,)]
    left = {
        file.name.removeprefix(f"{bucket}/again/").split("/")[0]
        for file in Location.at(f"{bucket}/again").files(deep=True)
    }
    assert left == {"plan.json", "results", "run.json", "SHA256SUMS"}
    assert {file.base for file in Location.at(bucket).files()} <= {"again.parquet"}
    assert Observer(f"{bucket}/again").look(0.0).done == 70


def test_a_bucket_that_is_not_there_is_a_wrong_use(bucket):
    with pytest.raises(UsageError, match=r"there is no 's3://reactions/nothing\.parquet'"):
        screened(f"{bucket}/nothing.parquet", f"{bucket}/nothing")

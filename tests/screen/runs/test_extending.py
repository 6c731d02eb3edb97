"""A finished run is extended, with light stages in place of the network and of xTB."""

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from conftest import reaction_row, reaction_table
from standins import hydrogens, searching

from tscreen.screen.dataset.assembling import write_when_whole
from tscreen.screen.dataset.check import check
from tscreen.screen.dataset.output import read_candidates, read_rejects, read_results
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Retry, Settings
from tscreen.screen.engine.stages import shipped
from tscreen.screen.errors import BrokenOffError, UsageError
from tscreen.screen.runs.extending import refine_rows
from tscreen.screen.runs.run import run
from tscreen.screen.runs.status import Observer
from tscreen.screen.storage.location import Location
from tscreen.screen.views.status_view import headline


class PowerCutError(Exception):
    """The machine stops."""


METHANE = np.array([[0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 0.63
ROWS = 12
HARD = ("r03", "r07")
BAD = reaction_row("bad", multiplicity=2, rank=ROWS)


def reactions(n: int) -> list[dict]:
    return [reaction_row(f"r{i:02}", **hydrogens(2 + 2 * (i % 3)), rank=i) for i in range(n)]


def settings_in(folder: Path, *rows: dict, **settings) -> Settings:
    if rows:
        pq.write_table(reaction_table(*rows), folder / "in.parquet")
    return Settings(
        **{
            "input": folder / "in.parquet",
            "out": folder / "out",
            "level": "gfn2-xtb",
            "engine": "local",
            **settings,
        }
    )


def results_of(out: Path) -> dict[str, dict]:
    rows = read_results(out).collect().to_dicts()
    assert len({row["reaction_id"] for row in rows}) == len(rows)
    return {row["reaction_id"]: row for row in rows}


def refined(settings: Settings, *hard: str, uses: Path | None = None, **changes) -> dict:
    asked = {name: value for name, value in changes.items() if name != "condition"}
    stages = searching(replace(settings, **asked), *hard, uses=uses)
    return refine_rows(settings.out, Show(), stages, **changes).as_json()


def with_status(out: Path, status: str) -> list[str]:
    return sorted(name for name, row in results_of(out).items() if row["status"] == status)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Settings, dict]:
    """A run in which two searches ran out of time, with a bad row, in folders by a column."""
    folder = tmp_path_factory.mktemp("finished")
    settings = settings_in(folder, *reactions(ROWS), BAD, partition_by=["charge"])
    run(settings, Show(), searching(settings, *HARD))
    return settings, results_of(settings.out)


def test_what_failed_is_searched_again_and_nothing_else(finished, tmp_path):
    settings, before = finished
    uses = tmp_path / "uses"
    slower = replace(settings, search_timeout=300.0)
    report = run(slower, Show(), searching(slower, "r07", uses=uses), retry=Retry.TIMEOUT).as_json()
    assert sorted(uses.read_text().split()) == [*HARD]
    after = results_of(settings.out)
    assert with_status(settings.out, "failed") == ["r07"]
    assert {n: row for n, row in after.items() if n not in HARD} == {
        n: row for n, row in before.items() if n not in HARD
    }
    assert [row["rank"] for _, row in sorted(after.items())] == list(range(ROWS))
    assert read_candidates(settings.out).collect()["reaction_id"].n_unique() == ROWS - 1
    assert read_rejects(settings.out).collect()["reaction_id"].to_list() == ["bad"]
    assert check(settings.out) == []
    assert json.loads((settings.out / "run.json").read_text()) == report
    assert report["counts"]["status"] == {"failed": 1, "refined": ROWS - 1}
    (told,) = report["extensions"]
    assert (told["what"], told["rows"], told["replaced"]) == ("retry timeout", 2, 2)
    assert told["settings"]["search_timeout"] == 300.0
    assert report["settings"]["search_timeout"] is None
    assert list(settings.out.glob("results/charge=0/*.parquet"))
    assert not (settings.out / "extension").exists()
    # The run as it was begun is still this one.
    assert run(settings, Show(), searching(settings)).as_json() == report
    with pytest.raises(UsageError, match="seed 0 then, 1 now"):
        run(replace(settings, seed=1), Show(), searching(settings), retry=Retry.FAILED)


@pytest.fixture
def generated(tmp_path) -> Settings:
    """A run in which nothing was searched."""
    settings = settings_in(tmp_path, *reactions(6), refine="none")
    run(settings, Show(), searching(settings))
    return settings


def test_a_filtered_part_is_refined_and_then_harder_but_never_twice(generated, tmp_path):
    out, uses = generated.out, tmp_path / "uses"
    report = refined(generated, "r01", uses=uses, condition="rank < 4 -- the first")
    assert sorted(uses.read_text().split()) == ["r00", "r01", "r02", "r03"]
    assert with_status(out, "generated") == ["r04", "r05"]
    assert with_status(out, "failed") == ["r01"]
    assert report["extensions"][0]["settings"]["refine"] == "all"

    assert refined(generated, uses=uses, condition="rank < 4") == report

    # What was verified is not lost where the harder search does not end.
    harder = refined(generated, "r02", condition="rank BETWEEN 1 AND 2", effort="thorough")
    told = harder["extensions"][1]
    assert (told["rows"], told["replaced"], told["kept"], told["added"]) == (2, 1, 1, 0)
    assert with_status(out, "refined") == ["r00", "r01", "r02", "r03"]
    by = dict(read_candidates(out).select("reaction_id", "found_by").collect().iter_rows())
    assert by == {"r00": "normal", "r01": "thorough", "r02": "normal", "r03": "normal"}

    uses.unlink()
    refined(generated, uses=uses, condition="rank = 0", level="gfn1-xtb")
    assert uses.read_text().split() == ["r00"]
    assert results_of(out)["r00"]["search_level"] == "gfn1-xtb"
    assert check(out) == []


def test_a_condition_that_does_not_work_is_wrong_use(generated):
    with pytest.raises(UsageError, match="nonsense"):
        refined(generated, condition="nonsense > 1")
    assert check(generated.out) == []


def test_new_reactions_of_the_input_are_added_alone(tmp_path):
    settings = settings_in(tmp_path, *reactions(4), BAD)
    run(settings, Show(), searching(settings))
    uses = tmp_path / "uses"
    more = reactions(6)
    settings_in(tmp_path, BAD, more[5], *more[:5])
    report = run(settings, Show(), searching(settings, uses=uses)).as_json()
    assert sorted(uses.read_text().split()) == ["r04", "r05"]
    assert sorted(results_of(settings.out)) == [row["reaction_id"] for row in more]
    rejects = read_rejects(settings.out).collect()
    assert rejects.select("reaction_id", "source_row").rows() == [("bad", 0)]
    assert (report["counts"]["rows"], report["extensions"][0]["added"]) == (7, 2)
    assert check(settings.out) == []
    assert run(settings, Show(), searching(settings)).as_json() == report

    pq.write_table(reaction_table(more[0], reaction_row("new", rank=9)), tmp_path / "b.parquet")
    further = replace(settings, input=tmp_path / "b.parquet")
    report = run(further, Show(), searching(further)).as_json()
    assert report["counts"]["rows"] == 8
    assert run(settings, Show(), searching(settings)).as_json() == report
    pq.write_table(reaction_table(reaction_row("newer", rank=9)), tmp_path / "c.parquet")
    both = replace(settings, input=[settings.input, tmp_path / "c.parquet"])
    report = run(both, Show(), searching(both)).as_json()
    assert report["counts"]["rows"] == 9
    assert run(both, Show(), searching(both)).as_json() == report
    assert check(settings.out) == []


def test_rows_that_are_done_again_keep_the_states_of_their_molecules(tmp_path):
    states = {"reactant_states": [[0, 1]], "product_states": [[0, 1]]}
    settings = settings_in(tmp_path, *({**row, **states} for row in reactions(4)))
    run(settings, Show(), searching(settings, "r01"))
    run(settings, Show(), searching(settings), retry=Retry.FAILED)
    after = results_of(settings.out)
    assert with_status(settings.out, "refined") == sorted(after)
    assert all(row["reactant_states"] == [[0, 1]] for row in after.values())


def test_a_run_without_results_grows_by_rejects(tmp_path):
    settings = settings_in(tmp_path, BAD)
    run(settings, Show(), searching(settings))
    settings_in(tmp_path, BAD, reaction_row("worse", multiplicity=2, rank=0))
    counts = run(settings, Show(), searching(settings)).as_json()["counts"]
    assert (counts["rows"], counts["results"], counts["rejects"]) == (2, 0, 2)


def test_maps_that_are_screened_again_stay_maps_of_one_reaction(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("reaction_id,smiles\nwater,OC1CCCC=C1>>C1=CCCC=C1.O\nvinyl,C=CO>>CC=O\n")
    settings = settings_in(tmp_path, input=path)
    build = shipped(settings).build
    run(settings, Show(), replace(searching(settings, "water#2"), build=build))
    before = results_of(settings.out)
    assert with_status(settings.out, "failed") == ["water#2"]
    run(settings, Show(), searching(settings), retry=Retry.FAILED)
    after = results_of(settings.out)
    assert with_status(settings.out, "failed") == []
    for name, row in after.items():
        assert row["mapped_smiles"] == before[name]["mapped_smiles"]
        assert row["n_mappings"] == before[name]["n_mappings"]
    assert after["water#2"]["n_mappings"] == 2
    marks = [after[name]["lowest_mapping"] for name in ("water#1", "water#2")]
    assert sorted(marks) in ([False, True], [True, True])


def test_a_row_whose_atoms_were_brought_into_order_has_not_changed(tmp_path):
    apart = np.vstack([METHANE, np.add(METHANE, [0, 0, 9])])
    order = [5, *range(1, 5), 0, *range(6, 10)]
    fragments = np.array([0] * 5 + [1] * 5)
    mended = reaction_row(
        "mended",
        atomic_numbers=[6, 1, 1, 1, 1] * 2,
        reactant_positions=apart.tolist(),
        product_positions=apart[order].tolist(),
        reactant_fragments=fragments.tolist(),
        product_fragments=fragments[order].tolist(),
        rank=0,
    )
    settings = settings_in(tmp_path, mended)
    run(settings, Show(), searching(settings))
    settings_in(tmp_path, mended, *reactions(3))  # the file has grown
    report = run(settings, Show(), searching(settings)).as_json()
    assert report["extensions"][0]["added"] == 3
    assert results_of(settings.out)["mended"]["product_order"] == order


def test_a_reaction_that_has_changed_is_refused(finished):
    settings, before = finished
    folder = settings.out.parent
    given = pq.read_table(settings.input)
    moved = reactions(ROWS)
    moved[2]["product_positions"][0][1] += 0.01
    settings_in(folder, *moved, BAD, reaction_row("new", rank=99))
    with pytest.raises(UsageError, match=r"'r02'.*product_positions has changed.*another --out"):
        run(settings, Show(), searching(settings))
    pq.write_table(given, settings.input)
    assert results_of(settings.out).keys() == before.keys()


def test_an_extension_that_is_interrupted_goes_on_and_the_run_is_whole_meanwhile(
    generated, monkeypatch, tmp_path
):
    out, before = generated.out, results_of(generated.out)
    chunks = []

    def cut(row, out):
        if len(chunks) == 4:
            raise PowerCutError
        chunks.append(row)
        return write_when_whole(row, out)

    with monkeypatch.context() as patch:
        patch.setattr("tscreen.screen.runs.light.write_when_whole", cut)
        # One thread for each kind of work, else the rows come in any order.
        patch.setattr("tscreen.screen.engine.local.cores", lambda: 1)
        patch.setattr("tscreen.screen.engine.local.WAITING", 1)
        with pytest.raises(BrokenOffError, match="PowerCutError"):
            refined(generated)
    assert results_of(out) == before
    assert check(out) == []
    status = Observer(out).look(time.time())
    assert (status.state, status.rows, status.done) == ("interrupted", 6, 2)
    assert headline(status).startswith("refine with effort normal at gfn2-xtb: interrupted: 2 of 6")
    with pytest.raises(UsageError, match=r"is being extended \(refine .* repeat that command"):
        run(generated, Show(), searching(generated), retry=Retry.FAILED)
    refined(generated, uses=tmp_path / "uses")
    assert len((tmp_path / "uses").read_text().split()) == 4
    assert with_status(out, "refined") == sorted(before)
    assert check(out) == []
    assert Observer(out).look(time.time()).state == "finished"


@pytest.mark.parametrize("last", ["rejects", "extension"])
def test_an_extension_that_ends_as_it_is_put_in_place_is_whole_at_once(
    generated, monkeypatch, last
):
    out, remove = generated.out, Location.remove

    def cut(folder: Location) -> None:
        if folder == Location.at(out) / last and (out / "extension").exists():
            raise PowerCutError
        remove(folder)

    with monkeypatch.context() as patch:
        patch.setattr(Location, "remove", cut)
        with pytest.raises(PowerCutError):
            refined(generated)
    assert len(with_status(out, "refined")) == 6
    assert check(out) == []
    report = refined(generated)  # nothing is left to do but that
    assert len(report["extensions"]) == 1
    assert not (out / "extension" / "merged").exists()
    assert len(with_status(out, "refined")) == 6
    assert pl.scan_parquet(out / "results" / "*.parquet").select(pl.len()).collect().item() == 6
    assert check(out) == []

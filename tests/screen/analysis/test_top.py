import json
import sys
from io import StringIO

import pyarrow as pa
import pytest
from rich.console import Console
from runs import new_run, put, result, results_table

from tscreen.schemas.tables import RESULT_FIELDS
from tscreen.screen.analysis.top import best
from tscreen.screen.cli.main import main
from tscreen.screen.errors import UsageError
from tscreen.screen.views.top_table import as_table


@pytest.fixture
def out(tmp_path):
    """A run with two files of results."""
    barriers = [30.0, None, 10.0, float("nan"), 20.0, 10.0]
    cells = {
        "reaction_id": list("fbcdea"),
        "status": ["generated"] * 6,
        "barrier_kcal_mol": barriers,
        "p_good": [0.1, 0.2, 0.3, 0.4, 0.9, 0.6],
    }
    columns = [
        pa.array(cells[field.name], field.type) if field.name in cells else pa.nulls(6, field.type)
        for field in RESULT_FIELDS
    ]
    table = pa.table(columns, schema=RESULT_FIELDS).append_column(
        "family", pa.array(list("zyxwvu"))
    )
    out = new_run(tmp_path / "out")
    put(table.slice(0, 3), out, "results", "1")
    put(table.slice(3), out, "results", "2")
    return out


def test_the_lowest_barriers_come_first_and_missing_ones_last(out):
    rows = best(out, "barrier_kcal_mol", 9)
    assert rows["reaction_id"].to_list() == ["a", "c", "e", "f", "b", "d"]
    assert rows["barrier_kcal_mol"].to_list() == [10.0, 10.0, 20.0, 30.0, None, None]


def test_of_p_good_the_highest_come_first(out):
    assert best(out, "p_good", 2)["reaction_id"].to_list() == ["e", "a"]


def test_what_was_verified_leads_and_what_is_flagged_comes_last_with_its_codes(tmp_path):
    out = new_run(tmp_path / "out")
    rows = [
        result("flagged", barrier_kcal_mol=-20.0, warnings=["negative_barrier", "sides_not_kept"]),
        result("failed", barrier_kcal_mol=5.0, status="failed"),
        result("unchecked", barrier_kcal_mol=10.0, warnings=[]),
        result("verified", barrier_kcal_mol=30.0, verified=True, status="refined"),
    ]
    put(results_table(*rows), out, "results", "1")
    found = best(out, "barrier_kcal_mol", 9)
    assert found["reaction_id"].to_list() == ["verified", "unchecked", "failed", "flagged"]
    assert found["warnings"].to_list() == [None, None, None, "negative_barrier, sides_not_kept"]
    assert best(out, "p_good", 9)["reaction_id"].to_list()[0] == "verified"


def test_rows_are_ranked_by_tags_too_and_show_them(out):
    rows = best(out, "family", 2)
    assert rows["family"].to_list() == ["u", "v"]


def test_ids_stay_whole_or_lose_their_middle_and_warnings_stand_under_them(tmp_path):
    out = new_run(tmp_path / "out")
    long = "keto_enol/trifluoromethyl/formic_acid/" + "x" * 50 + "/end"
    codes = ["barrier_below_reaction_energy", "equal_sides"]
    rows = [result("[bold]short", warnings=codes), result(long), result("two words of an id")]
    put(results_table(*rows), out, "results", "1")
    console = Console(width=80, record=True, file=StringIO())
    console.print(as_table(best(out, "barrier_ml_kcal_mol", 9), "barrier_ml_kcal_mol", 80))
    printed = console.export_text()
    for text in ("[bold]short", "two words of an id", *codes):
        assert text in printed
    assert "keto_enol/trifl…xxxxxxxxxxx/end" in printed
    console = Console(width=160, record=True, file=StringIO())
    console.print(as_table(best(out, "barrier_ml_kcal_mol", 9), "barrier_ml_kcal_mol", 160))
    assert long in console.export_text()


def test_the_predicted_barrier_leads_with_its_interval_and_level(tmp_path, capsys, monkeypatch):
    out = new_run(tmp_path / "out")
    level = {"barrier_ml_level": "CCSD(T), with ZPE"}
    interval = {"barrier_ml_low_kcal_mol": 28.0, "barrier_ml_high_kcal_mol": 31.0}
    rows = [
        result("low", barrier_kcal_mol=45.0, barrier_ml_kcal_mol=29.5, **level, **interval),
        result("high", barrier_kcal_mol=20.0, barrier_ml_kcal_mol=33.0, **level),
        result("unknown", barrier_kcal_mol=10.0, barrier_ml_kcal_mol=1.0),
    ]
    put(results_table(*rows), out, "results", "1")
    monkeypatch.setattr(sys, "argv", ["tscreen", "top", str(out)])
    with pytest.raises(SystemExit):
        main()
    printed = capsys.readouterr().out
    places = [printed.index(name) for name in ("low", "high", "unknown")]
    assert places == sorted(places)
    assert "29.5 [28.0, 31.0]" in printed
    assert "CCSD(T), with ZPE" in printed
    assert "45.0" not in printed


@pytest.mark.parametrize("name", ["barier", "ts_positions"])
def test_a_column_that_cannot_be_ranked_is_told_with_those_that_can(out, name):
    with pytest.raises(UsageError, match=f"'{name}'.*choose from.*barrier_kcal_mol.*family"):
        best(out, name, 1)


def test_the_command_prints_a_table_or_json(out, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tscreen", "top", str(out), "-n", "2", "--json"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    assert [row["reaction_id"] for row in json.loads(capsys.readouterr().out)] == ["a", "c"]
    monkeypatch.setattr(
        sys, "argv", ["tscreen", "top", str(out), "-n", "1", "--by", "barrier_kcal_mol"]
    )
    with pytest.raises(SystemExit):
        main()
    printed = capsys.readouterr().out
    assert "10.00" in printed
    assert "20.00" not in printed


def test_wrong_use_of_the_command_is_one_line_and_exit_code_2(out, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tscreen", "top", str(out), "--by", "barier"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("tscreen: there is no column 'barier'")
    assert said.count("\n") == 1

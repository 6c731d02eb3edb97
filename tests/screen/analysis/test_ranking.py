"""Rankings of runs whose results are written by hand."""

import json
import math
from io import StringIO
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from runs import finish
from scipy.stats import norm

import tscreen
from tscreen.schemas import columns as c
from tscreen.schemas.tables import REJECT_FIELDS, RESULT_FIELDS
from tscreen.screen.analysis.chances import INTERVAL, chances
from tscreen.screen.analysis.measures import TOP_K
from tscreen.screen.analysis.ranking import rank
from tscreen.screen.cli.commands.sweep import rank as command
from tscreen.screen.errors import UsageError
from tscreen.screen.views.ranking_table import as_table

LEVEL = "CCSD(T), with ZPE"


def result(r: str, catalyst: str, barrier: float | None, margin: float = 1.0, **cells) -> dict:
    known = barrier is not None
    return {
        c.REACTION_ID: f"shift/{r}/{catalyst}",
        c.STATUS: "generated",
        c.P_GOOD: 0.9,
        c.BARRIER: 40.0,
        c.ENERGY_LEVEL: "GFN2-xTB//generated",
        c.BARRIER_ML: barrier,
        c.BARRIER_ML_LOW: barrier - margin if known else None,
        c.BARRIER_ML_HIGH: barrier + margin if known else None,
        c.BARRIER_ML_LEVEL: LEVEL if known else None,
        "template": "shift",
        "R": r,
        "catalyst": catalyst,
        "candidate": f"{r}/{catalyst}",
        **cells,
    }


def write(out: Path, rows: list[dict], rejects: dict[str, str] | None = None) -> Path:
    names = ("template", "R", "catalyst", "candidate", "isomer")
    tags = [pa.field(name, pa.string()) for name in names]
    schema = pa.schema([*RESULT_FIELDS, *tags])
    turned_away = [
        {c.REACTION_ID: name, c.CODE: code, c.MESSAGE: "bad"}
        for name, code in (rejects or {}).items()
    ]
    (out / "plan.json").write_text("{}")
    finish(out)
    for folder, table in (
        ("results", pa.Table.from_pylist(rows, schema)),
        ("rejects", pa.Table.from_pylist(turned_away, REJECT_FIELDS)),
    ):
        (out / folder).mkdir()
        pq.write_table(table, out / folder / "part-1.parquet")
    return out


def only(out: Path, by: str = "barrier", against: str | None = None, top_k: int = 1) -> dict:
    (ranking,) = rank(out, by, against, top_k)
    return {row["candidate"]: row for row in ranking.table.to_dicts()}


def test_each_candidate_is_compared_with_the_reference_of_the_same_substituents(tmp_path):
    rows = [
        result("H", "none", 60, 3),
        result("H", "water", 40, 4),
        result("Me", "none", 50, 1),
        result("Me", "water", 45, 1),
    ]
    table = only(write(tmp_path, rows), against="none")
    assert list(table) == ["H/water", "Me/water", "Me/none", "H/none"]
    assert [row["rank"] for row in table.values()] == [1, 2, 3, 4]
    best = table["H/water"]
    assert (best["value"], best["low"], best["high"]) == (40, 36, 44)
    assert (best["lowering"], best["lowering_low"], best["lowering_high"]) == (20, 15, 25)
    assert table["Me/water"]["lowering"] == 5
    assert table["Me/water"]["lowering_high"] == pytest.approx(5 + math.sqrt(2))
    assert table["H/none"]["lowering_low"] == table["H/none"]["lowering_high"] == 0
    assert table["H/none"]["note"] == "reference"


def test_a_rate_is_the_better_the_higher_it_is(tmp_path):
    rates = {"none": (1e-3, -4.0, -2.0), "water": (1e2, 1.0, 3.0)}
    rows = [
        result(
            *("H", catalyst, 30),
            **{c.RATE_CONSTANT: k, c.LOG10_RATE_LOW: low, c.LOG10_RATE_HIGH: high},
        )
        for catalyst, (k, low, high) in rates.items()
    ]
    table = only(write(tmp_path, rows), "rate", "none")
    assert list(table) == ["H/water", "H/none"]
    assert table["H/water"]["lowering"] == pytest.approx(5)
    assert table["H/water"]["lowering_low"] == pytest.approx(5 - math.sqrt(2))
    assert table["H/water"]["p_top_k"] > 0.99


def test_a_gibbs_barrier_has_no_interval_and_one_that_is_missing_is_told(tmp_path):
    rows = [
        result("H", "none", 60, **{c.STATUS: "xtb", c.GIBBS_BARRIER: 55.0}),
        result("H", "water", 40, **{c.STATUS: "xtb", c.GIBBS_BARRIER: 45.0}),
        result("H", "ammonia", 38),
    ]
    table = only(write(tmp_path, rows), "gibbs", "none")
    assert list(table) == ["H/water", "H/none", "H/ammonia"]
    assert table["H/water"]["lowering"] == 10
    for name in ("low", "high", "lowering_low", "lowering_high", "p_top_k"):
        assert table["H/water"][name] is None
    assert table["H/water"]["note"] == "no interval: error unknown"
    assert table["H/ammonia"]["rank"] is None
    assert "no Gibbs barrier" in table["H/ammonia"]["note"]


@pytest.mark.parametrize(
    ("level", "shift"), [("CCSD(T), with ZPE", -2.0), ("CCSD(T), electronic", -5.0)]
)
def test_a_gibbs_barrier_has_the_interval_of_the_predicted_barrier(tmp_path, level, shift):
    thermal = {c.BARRIER: 60.0, c.ENTHALPY_BARRIER: 57.0, c.GIBBS_BARRIER: 55.0}
    other = {c.BARRIER: 40.0, c.ENTHALPY_BARRIER: 37.0, c.GIBBS_BARRIER: 45.0}
    same = {c.STATUS: "refined", c.BARRIER_ML_LEVEL: level}
    rows = [
        result("H", "none", 50, 3, **thermal, **same),
        result("H", "water", 36, 4, **other, **same),
    ]
    out = write(tmp_path, rows)
    table = only(out, "gibbs", "none", 1)
    none, water = table["H/none"], table["H/water"]
    assert (none["value"], none["low"], none["high"]) == (50 + shift, 47 + shift, 53 + shift)
    assert water["value"] == 36 + 10 + shift  # entropy has made 10 kcal/mol of binding
    assert water["lowering"] == pytest.approx(4)
    assert water["lowering_high"] - water["lowering"] == pytest.approx(5)  # of 3 and 4
    assert 0 < none["p_top_k"] < 0.5 < water["p_top_k"] < 1
    assert water["level"].startswith(level)


def test_gibbs_barriers_of_one_surface_keep_their_intervals_where_it_learnt_from_two_levels(
    tmp_path,
):
    refined = {c.STATUS: "refined", c.ENERGY_LEVEL: "GFN2-xTB+delta", c.VERIFIED: True}
    boron = {c.GIBBS_BARRIER: 20.0, c.BARRIER_ML_LEVEL: "wB97M-V, electronic"}
    rows = [
        result("H", "none", 15, 3, **refined, **{c.GIBBS_BARRIER: 27.0}),
        result("H", "borane", 5, 4, **refined, **boron),
    ]
    table = only(write(tmp_path, rows), "gibbs", "none")
    assert list(table) == ["H/borane", "H/none"]
    found = table["H/borane"]
    assert (found["low"], found["value"], found["high"]) == (16, 20, 24)
    assert (found["lowering"], found["lowering_high"]) == (7, pytest.approx(12))


@pytest.mark.parametrize(
    ("by", "gibbs", "warnings", "first"),
    [
        ("gibbs", 12.0, ["negative_barrier"], "H/acid"),
        ("gibbs", -1.0, ["negative_barrier"], "H/none"),
        ("gibbs", 12.0, ["negative_barrier", "unknown_chemistry"], "H/none"),
        ("barrier", 12.0, ["negative_barrier"], "H/none"),
    ],
)
def test_a_saddle_point_below_molecules_that_attract_each_other_is_ranked_by_its_gibbs_barrier(
    tmp_path, by, gibbs, warnings, first
):
    refined = {c.STATUS: "refined", c.ENERGY_LEVEL: "GFN2-xTB+delta", c.VERIFIED: True}
    rows = [
        result("H", "none", 15, **refined, **{c.GIBBS_BARRIER: 27.0}),
        result("H", "acid", -2, **refined, **{c.GIBBS_BARRIER: gibbs, c.WARNINGS: warnings}),
    ]
    table = only(write(tmp_path, rows), by)
    assert next(iter(table)) == first
    assert table["H/acid"]["note"] == ", ".join(warnings)


def test_failed_rows_and_rejects_come_last_with_their_codes(tmp_path):
    failed = {c.STATUS: "failed", c.ERROR_CODE: "saddle_not_found"}
    rows = [result("H", "none", 60), result("H", "water", 10, **failed)]
    out = write(tmp_path, rows, {"shift/H/arsine": "unknown_element", "another/H": "bad_smiles"})
    table = only(out, against="none")
    assert list(table) == ["H/none", "H/water", "H/arsine"]
    assert table["H/water"]["rank"] is None
    assert table["H/water"]["lowering"] is None
    assert table["H/water"]["note"] == "failed: saddle_not_found"
    assert table["H/arsine"]["note"] == "rejected: unknown_element"


def test_without_its_reference_a_candidate_has_no_lowering_and_says_so(tmp_path):
    failed = {c.STATUS: "failed", c.ERROR_CODE: "xtb_scf"}
    rows = [
        result("H", "none", 60, **failed),
        result("H", "water", 40),
        result("Me", "none", 50),
    ]
    table = only(write(tmp_path, rows), against="none")
    assert table["H/water"]["lowering"] is None
    assert table["H/water"]["rank"] == 1
    assert table["H/water"]["note"] == "no lowering: its reference is not ranked"


def test_values_at_different_levels_are_not_compared(tmp_path):
    other = {c.BARRIER_ML_LEVEL: "B3LYP, electronic"}
    rows = [result("H", "none", 60), result("H", "water", 40), result("H", "urea", 20, **other)]
    table = only(write(tmp_path, rows), against="none")
    assert list(table) == ["H/water", "H/none", "H/urea"]
    assert table["H/urea"]["rank"] is None
    assert table["H/urea"]["level"] == "B3LYP, electronic"
    assert "another level" in table["H/urea"]["note"]


def test_where_most_have_no_predicted_barrier_all_are_ranked_by_the_computed_one(tmp_path):
    rows = [
        result("H", "none", 60, **{c.BARRIER: 70.0}),
        result("H", "water", None, **{c.BARRIER: 50.0}),
        result("H", "urea", None, **{c.BARRIER: 45.0}),
    ]
    table = only(write(tmp_path, rows), against="none")
    assert list(table) == ["H/urea", "H/water", "H/none"]
    assert table["H/urea"]["lowering"] == 25
    assert {row["level"] for row in table.values()} == {"GFN2-xTB//generated"}
    assert {row["p_top_k"] for row in table.values()} == {None}
    assert "error unknown" in table["H/water"]["note"]


def test_failed_rows_have_no_vote_on_the_level_of_theory(tmp_path):
    failed = {c.STATUS: "failed", c.BARRIER_ML_LEVEL: "B3LYP, electronic"}
    verified = {c.VERIFIED: True, c.STATUS: "refined"}
    rows = [result("H", f"failed{k}", 20, **failed) for k in range(3)]
    rows += [result("H", name, 40, **verified) for name in ("none", "water")]
    table = only(write(tmp_path, rows), against="none")
    assert [name for name, row in table.items() if row["rank"]] == ["H/none", "H/water"]


def test_verified_rows_decide_on_the_level_of_theory_before_the_alphabet_and_others(tmp_path):
    verified = {c.VERIFIED: True, c.STATUS: "refined", c.BARRIER_ML_LEVEL: "Z"}
    rows = [
        result("H", "none", 40, **verified),
        result("H", "water", 42, **verified),
        result("H", "flagged", 5, **verified | {c.WARNINGS: ["equal_sides"]}),
        *(result("H", f"unchecked{k}", 30, **{c.BARRIER_ML_LEVEL: "A"}) for k in range(2)),
    ]
    table = only(write(tmp_path, rows))
    assert [name for name, row in table.items() if row["rank"]] == [
        "H/none",
        "H/water",
        "H/flagged",
    ]


def test_most_gibbs_barriers_are_ranked_by_unless_told_otherwise(tmp_path):
    """The binding of water costs entropy, which turns the order round."""
    rows = [
        result("H", "none", 60, **{c.STATUS: "xtb", c.GIBBS_BARRIER: 50.0}),
        result("H", "water", 54.2, **{c.STATUS: "xtb", c.GIBBS_BARRIER: 53.1}),
        result("H", "urea", 50),
        result("H", "arsine", 5, **{c.STATUS: "failed"}),
    ]
    out = write(tmp_path, rows, {"shift/H/stibine": "unknown_element"})
    (ranking,) = rank(out, None, "none", 1)
    assert ranking.by == "gibbs"
    assert ranking.table["candidate"].to_list()[:2] == ["H/none", "H/water"]
    assert ranking.table["lowering"][1] == pytest.approx(-3.1)
    assert ranking.left_out == {
        "no Gibbs barrier: it has no saddle point": 1,
        "failed": 1,
        "rejected": 1,
    }
    assert only(out, "barrier", "none")["H/water"]["lowering"] == pytest.approx(5.8)


def test_few_gibbs_barriers_are_not_ranked_by(tmp_path):
    rows = [result("H", name, 50) for name in ("none", "urea")]
    rows.append(result("H", "water", 54, **{c.STATUS: "xtb", c.GIBBS_BARRIER: 53.0}))
    (ranking,) = rank(write(tmp_path, rows), None, "none", 1)
    assert (ranking.by, ranking.left_out) == ("barrier", {})


def test_a_reference_with_warnings_is_taken_only_where_there_is_no_other(tmp_path):
    rows = [
        result("H", "none", 60),
        result("H", "none", -9, **{c.REACTION_ID: "x", c.WARNINGS: ["negative_barrier"]}),
        result("H", "water", 40),
    ]
    assert only(write(tmp_path, rows), against="none")["H/water"]["lowering"] == 20


def test_the_printed_table_says_how_many_are_left_out_and_why(tmp_path):
    other = {c.BARRIER_ML_LEVEL: "B3LYP, electronic"}
    rows = [result("H", "none", 60), result("H", "water", 40), result("H", "urea", 20, **other)]
    (ranking,) = rank(write(tmp_path, rows), None, None, 1)
    console = Console(width=120, record=True, file=StringIO())
    console.print(as_table(ranking, None, 1))
    assert "not ranked: 1 at another level of theory" in console.export_text()


def test_the_printed_table_ends_where_nobody_reads_on_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("tscreen.screen.views.ranking_table.MOST_LINES", 2)
    rows = [result("H", "none", 60), result("H", "water", 40), result("H", "urea", 20)]
    (ranking,) = rank(write(tmp_path, rows), None, None, 1)
    console = Console(width=120, record=True, file=StringIO())
    console.print(as_table(ranking, None, 1))
    told = console.export_text()
    assert "the first 2 of 3 candidates" in told
    assert [name in told for name in ("urea", "water", "none")] == [True, True, False]


def test_the_best_of_several_reactions_stands_for_a_candidate(tmp_path):
    rows = [result("H", "water", 40), result("H", "water", 35, **{c.REACTION_ID: "again"})]
    table = only(write(tmp_path, rows))
    assert table["H/water"]["value"] == 35
    assert table["H/water"]["n_reactions"] == 2
    assert "best of 2" in table["H/water"]["note"]


def test_a_candidate_has_one_line_for_all_its_isomers_and_names_the_best(tmp_path):
    rows = [
        result("H", "imine", barrier, isomer=name, **{c.REACTION_ID: f"shift/H/imine/isomer {k}"})
        for k, (name, barrier) in enumerate([("E, 1 of 3", 31), ("Z, 2 of 3", 15)], 1)
    ]
    rejects = {"shift/H/imine/isomer 3": "structure_failed", "shift/H/oxime": "bad_candidate"}
    table = only(write(tmp_path, rows, rejects))
    assert list(table) == ["H/imine", "H/oxime"]
    assert table["H/imine"]["value"] == 15
    assert table["H/imine"]["note"] == "isomer Z, 2 of 3; best of 2 tried"


def test_a_doubtful_transition_state_is_told(tmp_path):
    table = only(write(tmp_path, [result("H", "water", 40, **{c.P_GOOD: 0.125})]))
    assert table["H/water"]["note"] == "doubtful TS: p_good 0.12"


def test_what_was_verified_leads_and_what_is_flagged_comes_last_with_its_codes(tmp_path):
    rows = [
        result("H", "flagged", -9, **{c.WARNINGS: ["negative_barrier"]}),
        result("H", "unchecked", 20, **{c.WARNINGS: []}),
        result("H", "verified", 60, **{c.VERIFIED: True, c.STATUS: "refined"}),
    ]
    table = only(write(tmp_path, rows))
    assert list(table) == ["H/verified", "H/unchecked", "H/flagged"]
    assert [row["rank"] for row in table.values()] == [1, 2, 3]
    assert table["H/flagged"]["note"] == "negative_barrier"
    assert table["H/flagged"]["p_top_k"] is None
    assert table["H/unchecked"]["p_top_k"] == pytest.approx(1)


def test_there_is_one_table_for_each_template(tmp_path):
    rows = [
        result("H", "none", 60),
        result("H", "none", 50, template="another", **{c.REACTION_ID: "another/H/none"}),
    ]
    rankings = rank(write(tmp_path, rows), "barrier", "none", 1)
    assert [one.template for one in rankings] == ["another", "shift"]
    assert [one.table["value"].to_list() for one in rankings] == [[50], [60]]


def test_other_programs_get_every_template_as_json(tmp_path, capsys):
    rows = [result("H", "none", 60), result("H", "water", 40), result("H", "none", 50)]
    rows[2] |= {"template": "ene", c.REACTION_ID: "ene/H/none", c.BARRIER_ML_LOW: None}
    command(str(write(tmp_path, rows)), against="catalyst=none", as_json=True)
    first, second = json.loads(capsys.readouterr().out)
    assert (first["template"], first["against"], first["left_out"]) == ("ene", "catalyst=none", {})
    assert [row["candidate"] for row in second["candidates"]] == ["H/water", "H/none"]
    assert second["candidates"][0]["lowering"] == 20
    assert first["candidates"][0]["low"] is None


def test_an_empty_sweep_is_an_empty_list_of_json(tmp_path, capsys):
    command(str(write(tmp_path, [])), as_json=True)
    assert json.loads(capsys.readouterr().out) == []


def test_an_empty_slot_is_compared_with_an_empty_slot(tmp_path):
    rows = [result("", "none", 60), result("", "water", 40), result("H", "none", 70)]
    for row in rows[:2]:
        row["R"] = None
    assert only(write(tmp_path, rows), against="none")["/water"]["lowering"] == 20


def test_a_reference_that_stands_nowhere_or_in_two_slots_is_refused(tmp_path):
    out = write(tmp_path, [result("H", "none", 60), result("none", "H", 50)])
    with pytest.raises(UsageError, match=r"no result has 'air'.*R: H, none; catalyst: H, none"):
        rank(out, "barrier", "air", 1)
    with pytest.raises(UsageError, match="choose from 'R=none', 'catalyst=none'"):
        rank(out, "barrier", "none", 1)
    (ranking,) = rank(out, "barrier", "catalyst=none", 1)
    assert ranking.table.filter(pl.col("note") == "reference")["candidate"].to_list() == ["H/none"]
    with pytest.raises(UsageError, match="not by 'size'"):
        rank(out, "size", None, 1)


def test_a_run_that_is_no_sweep_is_refused(tmp_path):
    (tmp_path / "plan.json").write_text("{}")
    finish(tmp_path)
    for folder, schema in (("results", RESULT_FIELDS), ("rejects", REJECT_FIELDS)):
        (tmp_path / folder).mkdir()
        pq.write_table(schema.empty_table(), tmp_path / folder / "part-1.parquet")
    with pytest.raises(UsageError, match="tscreen sweep"):
        rank(tmp_path, "barrier", None, 1)


@pytest.mark.parametrize("apart", [0.0, 0.5, 3.0])
def test_the_chance_of_the_better_of_two_is_that_of_two_normals(apart):
    spreads = np.array([1.0, 0.7])
    found = chances(np.array([10.0, 10.0 + apart]), spreads, 1)
    exact = norm.cdf(apart / np.hypot(*spreads))
    assert found[0] == pytest.approx(exact, abs=0.012)  # three standard errors
    assert found.sum() == pytest.approx(1)


def test_values_that_cannot_win_cost_nothing_and_change_nothing():
    values, spreads = np.array([10.0, 11.0, 12.0]), np.array([1.0, 2.0, 1.5])
    alone = chances(values, spreads, 2)
    many = 1_000_000  # whose draws would take hours and gigabytes
    far = np.full(many, 60.0)
    found = chances(np.concatenate([far, values]), np.concatenate([far * 0 + 2.0, spreads]), 2)
    np.testing.assert_array_equal(found[:many], 0.0)
    np.testing.assert_array_equal(found[many:], alone)


def test_leaving_values_out_changes_no_chance():
    random = np.random.default_rng(5)
    values, spreads = random.normal(30.0, 8.0, 3000), random.uniform(1.0, 3.0, 3000)
    drawn = random.normal(values, spreads, (4000, 3000))
    limits = np.partition(drawn, 9, axis=1)[:, 9:10]
    plain = (drawn <= limits).mean(0)
    found = chances(values, spreads, 10)
    assert np.count_nonzero(found) < 1000
    np.testing.assert_allclose(found, plain, atol=0.035)  # four standard errors
    assert found.sum() == pytest.approx(10)


def test_an_interval_of_ninety_per_cent_has_the_right_width():
    assert pytest.approx(2 * norm.ppf(0.95), abs=1e-4) == INTERVAL


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 10)), min_size=1, max_size=8),
    st.integers(1, 10),
)
def test_chances_are_probabilities_that_add_up(candidates, top_k):
    values, spreads = np.array(candidates).T
    found = chances(values, spreads, top_k)
    assert ((found >= 0) & (found <= 1)).all()
    assert found.sum() == pytest.approx(min(top_k, len(candidates)))


def test_python_gets_the_same_tables_by_template(tmp_path):
    out = write(tmp_path, [result("H", "none", 60), result("H", "water", 40)])
    [ranking] = rank(out, "barrier", "none", TOP_K)
    tables = tscreen.rank(out, against="none")
    assert list(tables) == [ranking.template]
    assert tables[ranking.template].equals(ranking.table)

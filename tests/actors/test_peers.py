import json
from pathlib import Path
from types import SimpleNamespace

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "actors"


@pytest.fixture
def peers(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    import peers

    return peers


def row(method="band", reaction_id="a", verified=True, **changes):
    found = {
        "method": method,
        "reaction_id": reaction_id,
        "outcome": "reactant-product" if verified else "xtb_timeout",
        "start": "geodesic",
        "verified": verified,
        "rmsd": 0.1 if verified else None,
        "barrier": 30.0 if verified else None,
        "reference": 32.0,
        "core_s": 10.0,
        "verification_s": 2.0,
        "barrier_s": 1.0,
    }
    return found | changes


def reactions(*names):
    return [SimpleNamespace(reaction_id=name) for name in names]


def test_a_summary_counts_failures_and_compares_what_was_verified(peers):
    rows = [
        row(),
        row(reaction_id="b", rmsd=0.3, barrier=38.0, core_s=20.0),
        row(reaction_id="c", verified=False, core_s=60.0, verification_s=None),
        row("string", core_s=1000.0),
    ]
    found = peers.summary(rows, "band")
    assert (found["n"], found["verified"]) == (3, 2)
    assert found["rmsd"] == {"mean": pytest.approx(0.2), "median": pytest.approx(0.2)}
    assert found["barrier_error"] == {"mean": 4.0, "median": 4.0}
    assert found["core_s"] == {"mean": 30.0, "median": 20.0}
    assert found["verification_s"]["mean"] == 2.0
    assert found["outcomes"] == {"reactant-product": 2, "xtb_timeout": 1}


def test_a_verified_row_without_barrier_has_no_error(peers):
    found = peers.summary([row(barrier=None), row(reaction_id="b", reference=None)], "band")
    assert found["verified"] == 2
    assert found["barrier_error"] is None


def test_a_report_stands_methods_without_rows(peers, capsys):
    peers.report([peers.summary([], "band"), peers.summary([row("string")], "string")])
    told = capsys.readouterr().out
    assert "0/0" in told
    assert "1/1 (100%)" in told


def test_only_what_no_row_tells_of_is_done_again(peers, tmp_path):
    path = tmp_path / "rows.jsonl"
    whole = json.dumps(row("band", "a"))
    path.write_text(f"{whole}\n{json.dumps(row('string', 'b'))[:30]}")
    rows = peers.read_rows(path)
    assert rows == [row("band", "a")]
    left = peers.still_to_do(rows, reactions("a", "b"), ["band", "string"])
    assert [(method, one.reaction_id) for method, one in left] == [
        ("string", "a"),
        ("band", "b"),
        ("string", "b"),
    ]


def test_an_interrupted_line_does_not_swallow_the_next_one(peers, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"method": "ba')
    peers.append_row(path, row())
    peers.append_row(path, row(reaction_id="b"))
    assert [one["reaction_id"] for one in peers.read_rows(path)] == ["a", "b"]


def test_more_reactions_begin_with_those_of_fewer(peers):
    some = reactions(*"abcdefgh")
    assert peers.chosen(some, 6, seed=1)[:3] == peers.chosen(some, 3, seed=1)
    assert len(peers.chosen(some, 60, seed=1)) == 8

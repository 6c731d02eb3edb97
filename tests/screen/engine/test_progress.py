import io
import time
from contextlib import nullcontext

import pytest
from rich.console import Console
from runs import run_report

from tscreen.screen.dataset.run_report import Barriers, Counts, StageWork, Times
from tscreen.screen.engine.counters import Counters, Tally
from tscreen.screen.engine.progress import (
    Bars,
    LogLines,
    Show,
    bars,
    best_show,
    followed,
    work_done,
)
from tscreen.screen.views.summary import summary


def rendered(thing: object) -> str:
    console = Console(width=100, file=io.StringIO())
    console.print(thing)
    return console.file.getvalue()


def test_the_meter_adds_up_what_all_workers_tell():
    counters = Counters({"sample": 40, "search": None})
    counters.note("sample", 32, 1.5)
    counters.note("sample", 8, 0.5)
    counters.expect("search", 6)
    assert counters.since() is None
    assert counters.read() == {"sample": Tally(40, 2.0, 40), "search": Tally(0, 0.0, 6)}


def test_the_meter_counts_how_often_a_chunk_was_begun_without_an_end():
    counters = Counters({})
    start = time.monotonic()
    begun = [counters.begin("sample", "row 0"), counters.begin("sample", "row 0")]
    assert (*begun, counters.begin("sample", "row 32"), counters.begin("xtb", "row 0")) == (
        1,
        2,
        1,
        1,
    )
    counters.end("sample", "row 0")
    later = time.monotonic()
    assert (counters.begin("sample", "row 0"), counters.begin("xtb", "row 0")) == (1, 2)
    assert start <= counters.since() <= later


class Gone(Counters):
    """Counters of workers that do not answer any more."""

    def read(self) -> dict[str, Tally]:
        raise ConnectionError("nobody is there")


class EngineOfGone:
    counters = staticmethod(lambda totals: nullcontext(Gone(totals)))


def test_the_display_of_workers_that_are_gone_leaves_it_to_the_run_to_say_so(monkeypatch):
    monkeypatch.setattr("tscreen.screen.engine.progress.POLL_S", 0.01)
    broken = []
    monkeypatch.setattr("threading.excepthook", broken.append)
    with pytest.raises(ConnectionError), followed(EngineOfGone(), {}, Show()):
        time.sleep(0.1)
    assert not broken


def test_bars_show_how_far_each_stage_is():
    text = rendered(bars({"sample": Tally(10, 5.0, 40), "search": Tally(3, 9.0)}, 61.0))
    sample, search, elapsed = text.splitlines()
    assert all(part in sample for part in ("sample", "10/40", "0.50 s each", "5 s of work"))
    assert all(part in search for part in ("search", "3/?", "3.00 s each"))
    assert "61 s elapsed" in elapsed


def test_the_time_left_follows_from_the_work_of_all_stages():
    fast, slow = Tally(40, 4.0, 40), Tally(10, 36.0, 20)
    tallies = {"sample": fast, "search": slow, "compact": Tally(0, 0.0, 40)}
    assert work_done(tallies) == (4.0 + 36.0) / (4.0 + 72.0)
    last = rendered(bars(tallies, 40.0)).splitlines()[-1]
    assert "53%" in last
    assert "about 36 s left" in last
    nobody_knows = {**tallies, "search": Tally(10, 36.0)}
    assert work_done(nobody_knows) is None
    not_begun = {**tallies, "search": Tally(0, 0.0, 20)}
    assert work_done(not_begun) is None
    nothing_to_search = {**tallies, "search": Tally(0, 0.0, 0)}
    assert work_done(nothing_to_search) == 1.0


def test_a_stage_without_work_is_shown_as_done():
    assert rendered(bars({"search": Tally(0, 0.0, 0)}, 1.0)).splitlines()[0].count("━") == 30


def test_without_a_terminal_lines_are_printed_now_and_then(capsys, monkeypatch):
    now = iter([0.0, 1.0, 20.0, 40.0])
    monkeypatch.setattr("tscreen.screen.engine.progress.time.monotonic", lambda: next(now))
    lines = LogLines()
    for rows in (1, 2, 3):
        lines.update({"sample": Tally(rows, 0.0, 40), "search": Tally(0, 0.0)})
    printed = capsys.readouterr()
    assert printed.out == ""
    assert [line.split("] ")[1] for line in printed.err.splitlines()] == [
        "sample 1/40  search 0",
        "sample 3/40  search 0",
    ]


def test_progress_goes_where_it_is_read(monkeypatch):
    assert type(best_show(json=True)) is Show
    monkeypatch.setenv("FORCE_COLOR", "1")  # Rich takes this for a terminal
    assert isinstance(best_show(json=False), Bars)
    monkeypatch.delenv("FORCE_COLOR")
    assert isinstance(best_show(json=False), LogLines)


REPORT = run_report(
    counts=Counts(
        rows=12,
        results=10,
        rejects=2,
        status={"generated": 9, "failed": 1},
        error_code={"xtb_scf": 1},
        reject_code={"not_finite": 2},
    ),
    times_s=Times(startup=2.0, screening=3.0, compaction=1.0, total=6.0),
    reactions_per_s=2.5,
    barriers_kcal_mol=Barriers(9, "CCSD(T)", 10.04, 30.0, 99.96, half_width=2.12),
    stages={"sample": StageWork(12, 3.0), "search": StageWork(0, 0.0)},
)


def test_the_summary_says_where_all_rows_ended():
    text = rendered(summary(REPORT))
    for part in ("12 reactions", "6.0 s", "10 results, 2 rejects", "2.50 reactions/s"):
        assert part in text
    for name, rows in (("generated", 9), ("failed", 1), ("xtb_scf", 1), ("not_finite", 2)):
        assert any(name in line and str(rows) in line for line in text.splitlines())
    assert "9 reactions, kcal/mol, CCSD(T): min 10.0  median 30.0  max 100.0" in text
    assert "± 2.1" in text
    assert "0.250" in text


def test_the_summary_of_a_run_without_barriers_says_so():
    assert "no barriers" in rendered(summary(run_report()))

"""What comes from data is shown as it is, whatever Rich or a terminal would make of it."""

import unicodedata

import pytest
from commands import tscreen
from hypothesis import given
from hypothesis import strategies as st
from runs import finished_run, new_run, put, rejects_table, result, results_table

from tscreen.screen.views.shown import UNSEEN, visible

NAMES = ("c1cc[nH]c1", "[/red]", "[bold]x", "a\x1b[31mb\u202ec\nd")
TOLD = (*NAMES[:3], r"a\x1b[31mb\u202ec\nd")


@given(st.text())
def test_nothing_that_is_not_seen_is_left(text):
    told = visible(text)
    assert not {unicodedata.category(one) for one in told} & UNSEEN
    if not {unicodedata.category(one) for one in text} & UNSEEN:
        assert told == text


@pytest.fixture
def out(tmp_path, monkeypatch):
    """A run over a sweep whose every text is one of `NAMES`."""
    monkeypatch.setenv("COLUMNS", "250")
    out = new_run(tmp_path / "out", rows=5)
    rows = [
        result(name, template=NAMES[0], candidate=name, catalyst=name, error_code=name)
        | {NAMES[1]: name}
        for name in NAMES
    ]
    put(results_table(*rows), out, "results", "0")
    put(rejects_table("[/x]"), out, "rejects", "0")
    return out


@pytest.mark.parametrize(
    "command",
    [
        ["top", "--by", "[/red]"],
        ["status"],
        ["rank", "--against", "catalyst=[/red]"],
        ["query", "SELECT reaction_id AS \"[/b]\", '[/c]' FROM results"],
        ["query", "SELECT * FROM results"],
    ],
)
def test_ids_and_tags_are_printed_as_they_are(out, command):
    done = tscreen(command[0], out, *command[1:])
    assert done.returncode == 0
    for name in TOLD:
        assert name in done.stdout
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


@pytest.mark.parametrize(
    "command", [["check"], ["top", "--by", NAMES[3]], ["rank", "--against", NAMES[3]]]
)
def test_messages_show_them_too(out, command):
    put(results_table(*[result(name) for name in NAMES]), out, "results", "1")  # again
    done = tscreen(command[0], out, *command[1:])
    assert done.returncode
    said = done.stdout + done.stderr
    assert TOLD[3] in said
    assert "\x1b" not in said


def test_codes_in_a_summary_are_no_markup(tmp_path):
    from rich.console import Console
    from runs import run_report

    from tscreen.screen.dataset.run_report import Counts
    from tscreen.screen.views.summary import summary

    counts = Counts(1, 1, 0, {"[/a]": 1}, {"[bold]": 1}, {NAMES[3]: 1})
    console = Console(width=200, record=True, file=(tmp_path / "told").open("w"))
    console.print(summary(run_report(counts=counts)))
    told = console.export_text()
    assert "[/a]" in told
    assert "[bold]" in told
    assert TOLD[3] in told


def test_a_path_is_no_steering_of_the_terminal(tmp_path):
    out = finished_run(tmp_path / "\x1b[31m")
    said = tscreen("check", out).stdout
    assert r"\x1b[31m' is whole" in said

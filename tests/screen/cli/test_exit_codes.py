"""What `tscreen run` tells a script by its exit code."""

import sys

import pytest
from runs import run_report

from tscreen.screen.cli.main import main
from tscreen.screen.dataset.run_report import Counts
from tscreen.screen.errors import BrokenOffError, UsageError


@pytest.fixture
def ended(monkeypatch, capsys):
    """Gives the exit code and stderr of a run that ends so, or with this error."""

    def end(outcome: Counts | Exception, *options: str) -> tuple[int, str]:
        def screened(settings, show, retry):
            if isinstance(outcome, Exception):
                raise outcome
            return run_report(counts=outcome)

        monkeypatch.setattr("tscreen.screen.runs.run.run", screened)
        monkeypatch.setattr(sys, "argv", ["tscreen", "run", "in.csv", "--out", "out", *options])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, capsys.readouterr().err

    return end


ALL_DONE = Counts(3, 3, 0, {"refined": 3}, {}, {})
ONE_REJECTED = Counts(3, 2, 1, {"refined": 2}, {}, {"bad_smiles": 1})
ONE_FAILED = Counts(3, 3, 0, {"refined": 2, "failed": 1}, {"xtb_scf": 1}, {})
ALL_LOST = Counts(3, 2, 1, {"failed": 2}, {"xtb_scf": 2}, {"bad_smiles": 1})


@pytest.mark.parametrize(
    ("counts", "code", "strict_code"),
    [(ALL_DONE, 0, 0), (ONE_REJECTED, 0, 1), (ONE_FAILED, 0, 1), (ALL_LOST, 1, 1)],
)
def test_some_lost_rows_are_an_error_only_where_that_is_asked_for(ended, counts, code, strict_code):
    assert ended(counts)[0] == code
    assert ended(counts, "--strict")[0] == strict_code


def test_lost_rows_are_counted(ended):
    assert ended(ALL_DONE)[1] == ""
    assert "of 3 reactions 1 were rejected and 2 failed" in ended(ALL_LOST, "--json")[1]


@pytest.mark.parametrize(("error", "code"), [(BrokenOffError("broke"), 1), (UsageError("no"), 2)])
def test_a_run_that_broke_off_or_was_not_understood_is_an_error(ended, error, code):
    assert ended(error)[0] == code

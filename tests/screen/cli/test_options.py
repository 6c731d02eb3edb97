"""`tscreen run` takes every setting, as `Settings` has it."""

from dataclasses import fields, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tscreen.screen.cli.main import app
from tscreen.screen.engine.settings import Refine, Settings
from tscreen.screen.errors import UsageError


@pytest.fixture
def asked(monkeypatch):
    """Gives the settings that a command line asks for."""

    def ask(*options: str) -> Settings:
        given = []

        def screened(settings, show, retry):
            given.append(settings)
            raise KeyboardInterrupt

        monkeypatch.setattr("tscreen.screen.runs.run.run", screened)
        CliRunner().invoke(app, ["run", "in.csv", "--out", "out", *options])
        return given[0]

    return ask


PLAIN = Settings(input="in.csv", out="out")


def test_what_is_not_given_has_the_default_of_the_setting(asked):
    assert asked() == PLAIN


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        (["--samples", "3"], {"samples": 3}),
        (["--refine", "none"], {"refine": Refine.NONE}),
        (["--no-energies"], {"energies": False, "refine": Refine.NONE}),
        (["--partition-by", "a", "--partition-by", "b"], {"partition_by": ["a", "b"]}),
        (["--gpus-per-sampler", "0.25"], {"gpus_per_sampler": 0.25}),
        (["--weights", "mine"], {"weights": Path("mine").resolve()}),
    ],
)
def test_an_option_changes_its_setting_alone(asked, options, changes):
    assert asked(*options) == replace(PLAIN, **changes)


def test_several_inputs_may_be_named(asked):
    assert asked("b.csv").inputs == ["in.csv", "b.csv"]
    assert asked("b.csv").as_json()["input"] == ["in.csv", "b.csv"]
    assert Settings(input=[Path("in.csv")], out="out").as_json() == PLAIN.as_json()
    with pytest.raises(UsageError, match="names nothing"):
        Settings(input=[], out="out")


@pytest.mark.parametrize(
    "options", [["--samples", "0"], ["--min-p-good", "1.5"], ["--refine", "some"]]
)
def test_a_value_that_cannot_be_meant_is_wrong_use(options):
    done = CliRunner().invoke(app, ["run", "in.csv", "--out", "out", *options])
    assert done.exit_code == 2
    assert options[0] in done.output


def test_the_help_has_the_text_of_every_setting(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    said = " ".join(CliRunner().invoke(app, ["run", "--help"]).output.replace("│", " ").split())
    for setting in fields(Settings):
        (text,) = [
            line.partition(": ")[2]
            for line in (Settings.__doc__ or "").splitlines()
            if line.strip().startswith(f"{setting.name}: ")
        ]
        assert text[1:40] in said, setting.name

import json

import pytest

from tscreen.screen.cli.main import main
from tscreen.screen.doctor import findings as doctor
from tscreen.screen.doctor.findings import Finding, findings


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(doctor, "_one_reaction", lambda: "fine")
    monkeypatch.setattr(doctor, "_weights", lambda: "fine")


def called(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["tscreen", "doctor", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code or 0


def test_what_is_installed_is_found(quick, monkeypatch):
    monkeypatch.setattr(
        "shutil.which", lambda command: "/opt/orca/orca" if command == "orca" else None
    )
    found = {finding.what: finding for finding in findings()}
    assert found["polars"].state == "good"
    assert found["ORCA"] == Finding("ORCA", "good", "/opt/orca/orca")
    assert found["Psi4"].state == "absent"


def test_a_package_that_must_be_there_and_one_that_may(monkeypatch, quick):
    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package",))
    monkeypatch.setattr(doctor, "OPTIONAL", ("nor-this-one",))
    found = {finding.what: finding for finding in findings()}
    assert (found["no-such-package"].state, found["nor-this-one"].state) == ("bad", "absent")
    assert found["nor-this-one"].found == "not installed: pip install nor-this-one"


def test_what_does_not_work_is_told_and_ends_with_one(monkeypatch, quick, capsys):
    def fail() -> str:
        raise RuntimeError("status failed: [xtb] is broken")

    assert called(monkeypatch) == 0
    monkeypatch.setattr(doctor, "_one_reaction", fail)
    assert called(monkeypatch) == 1
    assert "RuntimeError: status failed: [xtb] is broken" in capsys.readouterr().out
    assert called(monkeypatch, "--json") == 1
    last = json.loads(capsys.readouterr().out)[-1]
    assert (last["what"], last["state"]) == ("one reaction", "bad")


def test_the_weights_and_a_reaction_work_here():
    assert doctor._weights().startswith("tscreen-")
    assert "verified" in doctor._one_reaction()

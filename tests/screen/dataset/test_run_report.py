"""The report of a run is read as it was written, or it is told why it cannot be."""

import json

import pytest
from runs import finished_run, run_report

from tscreen.screen.dataset.output import report_of
from tscreen.screen.dataset.run_report import RunReport, StageWork
from tscreen.screen.errors import UsageError
from tscreen.screen.storage.location import Location


def test_a_report_survives_the_way_through_json():
    report = run_report(stages={"sample": StageWork(3, 0.5)}, partitions={"family": "string"})
    assert RunReport.from_json(json.loads(json.dumps(report.as_json()))) == report


def test_a_report_that_is_cut_off_is_broken_as_none_is_seen_before_it_is_whole(tmp_path):
    out = finished_run(tmp_path / "out")
    (out / "run.json").write_text('{"version": "0", "sta')
    with pytest.raises(UsageError, match=r"run\.json' is broken"):
        report_of(Location.at(out))


def test_a_report_of_another_version_is_told_with_what_it_lacks(tmp_path):
    out = finished_run(tmp_path / "out")
    report = run_report().as_json()
    del report["counts"]["rejects"]
    (out / "run.json").write_text(json.dumps(report))
    with pytest.raises(UsageError, match=r"run\.json' is of another version.*counts\.rejects"):
        report_of(Location.at(out))

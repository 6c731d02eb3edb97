"""What a report holds; how it behaves in a browser is tested next door."""

import base64
import hashlib
import itertools
import json
import re
import struct
import sys
import zlib

import numpy as np
import pytest
from conftest import HCN, HNC
from hypothesis import given
from hypothesis import strategies as st
from report_runs import MODE, TS, result, write_run
from scipy.spatial.transform import Rotation

from tscreen.schemas import columns as c
from tscreen.screen.cli.main import main
from tscreen.screen.report.structures import CELLS, Bond, DrawnSide, Kept, laid_over, packed

ONE_MOLECULE = np.zeros(3, int)
HOSTILE = '</script><script>document.title="taken"</script><img src=x onerror="document.title=1">'


def decoded(line: str) -> dict:
    """A packed line, read as its description says."""
    raw = base64.b64decode(line)
    (unit,) = struct.unpack("<f", raw[:4])
    cells = np.frombuffer(raw[4:], "<i2").astype(int)
    kept, n_atoms, n_bonds = cells[:3]
    numbers, rest = cells[3 : 3 + n_atoms], cells[3 + n_atoms :]
    found = {"numbers": numbers.tolist(), "bonds": rest[: 3 * n_bonds].reshape(-1, 3).tolist()}
    rest = rest[3 * n_bonds :] * unit
    for bit in Kept:
        if kept & bit:
            found[bit.name], rest = rest[: 3 * n_atoms].reshape(-1, 3), rest[3 * n_atoms :]
    assert not len(rest)
    return found


def cells_of(**changes) -> dict:
    return dict.fromkeys(CELLS) | result("a", **changes)


def distances(positions) -> np.ndarray:
    positions = np.asarray(positions)
    return np.linalg.norm(positions[:, None] - positions[None], axis=-1)


def command(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["tscreen", "report", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    said = capsys.readouterr()
    return int(stop.value.code or 0), said.out, said.err


def content_of(page: str) -> dict:
    (data,) = re.findall(r'<script type="text/plain" id="data">(.*?)</script>', page, re.S)
    content = json.loads(zlib.decompress(base64.b64decode(data)))
    tables = [content[name] for name in ("results", "rejects", "candidates")]
    for told in itertools.chain(*tables, *(one["columns"] for one in content["rankings"])):
        if "every" in told:  # value, `times` over
            told["values"] = [told.pop("every")] * told.pop("times")
    return content


def column(content: dict, name: str) -> dict:
    return next(one for one in content["results"] if one["name"] == name)


@given(st.integers(0, 2**32 - 1))
def test_molecules_that_were_moved_apart_come_to_lie_where_they_belong(seed):
    rng = np.random.default_rng(seed)
    anchor = rng.normal(0, 2, (7, 3))
    fragments = np.array([0, 0, 0, 1, 1, 1, 2])
    moved = anchor.copy()
    for fragment in range(3):
        own = fragments == fragment
        moved[own] = Rotation.random(rng=rng).apply(anchor[own]) + rng.normal(0, 50, 3)
    np.testing.assert_allclose(laid_over(DrawnSide(moved, fragments), anchor), anchor, atol=1e-9)


def test_a_mirror_image_stays_one():
    anchor = np.random.default_rng(0).normal(size=(5, 3))
    mirrored = anchor * [1, 1, -1]
    laid = laid_over(DrawnSide(mirrored, np.zeros(5, int)), anchor)
    np.testing.assert_allclose(distances(laid), distances(mirrored), atol=1e-9)
    assert np.abs(laid - anchor).max() > 0.1


def test_a_packed_reaction_keeps_its_distances_and_its_mode():
    found = decoded(packed(cells_of(**{c.IMAGINARY_MODE: MODE})))
    assert found["numbers"] == [1, 6, 7]
    for name, positions in (("REACTANT", HCN), ("TS", TS), ("PRODUCT", HNC)):
        np.testing.assert_allclose(distances(found[name]), distances(positions), atol=2e-3)
    steps = [np.asarray(TS) + MODE, found["TS"] + found["MODE"]]
    np.testing.assert_allclose(distances(steps[0]), distances(steps[1]), atol=2e-3)


def test_bonds_that_break_and_form_are_told_from_those_that_stay():
    bonds = {(a, b): Bond(bits) for a, b, bits in decoded(packed(cells_of()))["bonds"]}
    assert bonds == {
        (0, 1): Bond.IN_REACTANT,
        (0, 2): Bond.IN_PRODUCT,
        (1, 2): Bond.IN_REACTANT | Bond.IN_PRODUCT,
    }


def test_between_separate_molecules_there_is_no_bond_however_near_they_were_placed():
    bonds = decoded(packed(cells_of(**{c.REACTANT_FRAGMENTS: [0, 1, 1]})))["bonds"]
    assert [0, 2, Bond.IN_PRODUCT | Bond.APART_IN_REACTANT] in bonds
    assert not [bits for a, b, bits in bonds if (a, b) == (0, 1)]


def test_structures_far_apart_fit_into_a_line():
    far = cells_of(**{c.REACTANT_POSITIONS: (HCN * 500).tolist(), c.REACTANT_FRAGMENTS: [0, 0, 0]})
    np.testing.assert_allclose(
        distances(decoded(packed(far))["REACTANT"]), distances(HCN * 500), atol=0.1
    )


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({c.TS_POSITIONS: None}, {"REACTANT", "PRODUCT"}),
        ({c.TS_POSITIONS: [[float("nan"), 0.0, 0.0], *TS[1:]]}, {"REACTANT", "PRODUCT"}),
        ({c.TS_POSITIONS: None, c.IMAGINARY_MODE: MODE}, {"REACTANT", "PRODUCT"}),
        ({c.REACTANT_POSITIONS: None, c.PRODUCT_POSITIONS: None}, {"TS"}),
        ({c.ATOMIC_NUMBERS: None}, set()),
    ],
)
def test_structures_that_are_missing_or_broken_are_left_out(changes, kept):
    found = decoded(packed(cells_of(**changes)))
    assert set(found) - {"numbers", "bonds"} == kept


def test_the_command_writes_into_the_runs_folder_and_says_so(tmp_path, monkeypatch, capsys):
    out = write_run(tmp_path / "out", [result("a"), result("b")], ended=True)
    code, said, _ = command(monkeypatch, capsys, str(out), "--json")
    report = json.loads(said)
    assert code == 0
    assert (report["reactions"], report["rejects"]) == (2, 0)
    assert report["html"] == str(out / "report.html")
    assert report["bytes"] == (out / "report.html").stat().st_size
    code, said, _ = command(
        monkeypatch, capsys, str(out), "--html", str(tmp_path / "new" / "page.html")
    )
    assert code == 0
    assert str(tmp_path / "new" / "page.html") in said
    assert (tmp_path / "new" / "page.html").read_text() == (out / "report.html").read_text()


def test_a_folder_that_no_run_has_written_is_refused(tmp_path, monkeypatch, capsys):
    code, _, said = command(monkeypatch, capsys, str(tmp_path))
    assert code == 2
    assert said.startswith("tscreen: ")
    assert "tscreen run" in said


def test_a_run_that_still_goes_on_has_a_report_without_results(tmp_path, monkeypatch, capsys):
    out = write_run(tmp_path / "out", [])
    code, _, _ = command(monkeypatch, capsys, str(out))
    content = content_of((out / "report.html").read_text())
    assert code == 0
    assert content["account"]["ended"] is False
    assert content["account"]["rows"] == 5
    assert column(content, c.BARRIER)["values"] == []


def test_what_json_cannot_hold_is_null_and_what_javascript_cannot_is_text(
    tmp_path, monkeypatch, capsys
):
    rows = [
        result(
            "a",
            **{c.BARRIER: float("nan"), c.REACTION_ENERGY: float("inf"), c.SEED: 2**60 + 1, "n": 3},
        ),
        result("b", **{c.BARRIER: None, c.SEED: 1, "n": -(2**63)}),
        result("c", **{c.BARRIER: 1 / 3, c.VERIFIED: True, "n": None}),
    ]
    out = write_run(tmp_path / "out", rows)
    command(monkeypatch, capsys, str(out))
    content = content_of((out / "report.html").read_text())
    assert column(content, c.BARRIER)["values"] == [0.333333, None, None]
    assert column(content, c.REACTION_ENERGY)["values"] == [14.0, None, 14.0]
    assert column(content, c.SEED)["kind"] == "text"
    assert column(content, c.SEED)["values"] == [None, str(2**60 + 1), "1"]
    assert column(content, "n")["values"] == [None, "3", str(-(2**63))]
    assert column(content, c.VERIFIED)["values"] == [True, None, None]
    assert content["tags"] == ["n"]


def test_flagged_results_come_last_and_carry_their_codes(tmp_path, monkeypatch, capsys):
    rows = [
        result("flagged", **{c.BARRIER: -20.0, c.WARNINGS: ["negative_barrier"]}),
        result("unchecked", **{c.BARRIER: 10.0, c.WARNINGS: []}),
        result("verified", **{c.BARRIER: 30.0, c.VERIFIED: True}),
    ]
    out = write_run(tmp_path / "out", rows)
    command(monkeypatch, capsys, str(out))
    content = content_of((out / "report.html").read_text())
    assert column(content, c.REACTION_ID)["values"] == ["verified", "unchecked", "flagged"]
    assert column(content, c.WARNINGS)["values"] == [None, None, "negative_barrier"]


def test_no_text_of_a_run_stands_in_the_page_as_markup(tmp_path, monkeypatch, capsys):
    rejects = [
        {c.REACTION_ID: HOSTILE, c.CODE: "bad_smiles", c.MESSAGE: HOSTILE, c.SOURCE: HOSTILE}
    ]
    rows = [result(HOSTILE, **{"family": HOSTILE, c.ERROR_MESSAGE: HOSTILE})]
    out = write_run(tmp_path / "<img src=x onerror=alert(1)>", rows, rejects)
    command(monkeypatch, capsys, str(out))
    page = (out / "report.html").read_text()
    assert "<title>&lt;img src=x onerror=alert(1)&gt; · tscreen</title>" in page
    assert "<img src=x" not in page
    assert content_of(page)["rejects"][2]["values"] == [HOSTILE]


def test_the_policy_admits_the_scripts_of_the_package_and_nothing_else(
    tmp_path, monkeypatch, capsys
):
    out = write_run(tmp_path / "out", [result("a")])
    command(monkeypatch, capsys, str(out))
    page = (out / "report.html").read_text()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    inline = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", page, re.S)
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline}
    assert len(hashes) == 3
    assert hashes == set(re.findall(r"'sha256-([^']*)'", policy))


def test_only_a_run_over_a_sweep_ranks_candidates(tmp_path, monkeypatch, capsys):
    plain = write_run(tmp_path / "plain", [result("a", template="mine")])
    rows = [
        result(name, template="shift", candidate=name, **{c.BARRIER: barrier})
        for name, barrier in (("amine", 20.0), ("none", 40.0))
    ]
    swept = write_run(tmp_path / "swept", rows)
    for out in (plain, swept):
        command(monkeypatch, capsys, str(out))
    assert content_of((plain / "report.html").read_text())["rankings"] == []
    (ranking,) = content_of((swept / "report.html").read_text())["rankings"]
    assert ranking["template"] == "shift"
    values = {one["name"]: one["values"] for one in ranking["columns"]}
    assert values["candidate"] == ["amine", "none"]
    assert values["rank"] == [1, 2]

"""`tscreen export`: what other programs read is what the run has written."""

import gzip
import json
import sys

import ase.db
import ase.io
import numpy as np
import pytest
from conftest import HCN, HNC
from readings import read_all, verdicts
from runs import new_run, put, result, results_table

from tscreen.screen.analysis.exports import export
from tscreen.screen.cli.main import main
from tscreen.screen.errors import UsageError

MODE = [[1.0, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.0]]


@pytest.fixture
def out(tmp_path):
    """A verified reaction, one with trouble and one without a TS."""
    out = new_run(tmp_path / "out")
    good = result(
        "two \\words",
        **{"family": "a 'b' \"c\" = \\d", "charge": 1, "multiplicity": 2, "two words": "x\ny"},
        verified=True,
        imaginary_mode=MODE,
        energy=3.5,
    )
    odd = result(
        "007",
        family=None,
        barrier_kcal_mol=float("nan"),
        p_good=0.9,
        warnings=["sides_not_kept", "unknown_chemistry"],
    )
    none = result("none", family="x", ts_positions=None, status="failed", barrier_kcal_mol=None)
    put(results_table(good, odd), out, "results", "1")
    put(results_table(none), out, "results", "2")
    return out


def exported(out, name, condition=None):
    file = out.parent / name
    export(out, file, condition, lambda n_rows, rows: rows)
    return file


@pytest.mark.parametrize("name", ["all.xyz", "all.EXTXYZ"])
def test_ase_reads_the_frames_with_tags_and_results(out, name):
    frames = ase.io.read(exported(out, name), index=":", format="extxyz")
    sides = [(str(atoms.info["reaction_id"]), atoms.info["side"]) for atoms in frames]
    assert sides[:3] == [("two \\words", side) for side in ("reactant", "ts", "product")]
    assert sides[6:] == [("none", side) for side in ("reactant", "product")]
    reactant, state, product = frames[:3]
    for atoms, positions in ((reactant, HCN), (state, HCN + HNC), (product, HNC)):
        assert atoms.numbers.tolist() == [1, 6, 7]
        np.testing.assert_allclose(atoms.positions, positions, atol=1e-6)
        assert atoms.info["family"] == "a 'b' \"c\" = \\d"
        assert atoms.info["two_words"] == "x y"
        assert (atoms.info["charge"], atoms.info["multiplicity"]) == (1, 2)
    assert state.info["barrier_kcal_mol"] == 40.0
    assert state.info["verified"]
    assert "warnings" not in state.info
    assert frames[4].info["warnings"] == "sides_not_kept, unknown_chemistry"
    np.testing.assert_allclose(state.arrays["imaginary_mode"], MODE)
    assert "barrier_kcal_mol" not in reactant.info
    assert "barrier_kcal_mol" not in frames[4].info


def test_a_run_reads_exported_frames_as_the_reactions_they_were(out):
    rows = read_all(exported(out, "all.xyz"))
    assert verdicts(rows) == [("two \\words", None), ("007", None), ("none", None)]
    first = rows[0]
    np.testing.assert_allclose(first["reactant_positions"], HCN, atol=1e-6)
    np.testing.assert_allclose(first["product_positions"], HNC, atol=1e-6)
    assert (first["charge"], first["multiplicity"]) == (1, 2)
    assert first["family"] == "a 'b' \"c\" = \\d"
    assert not [name for name in first if name.startswith("input_")]


@pytest.mark.parametrize("name", ["   ", " a  b ", "a\tb\n", "\\ ", '"', "a='b'"])
def test_an_id_comes_back_from_frames_with_all_its_blanks(tmp_path, name):
    out = new_run(tmp_path / "out")
    put(results_table(result(name)), out, "results", "0")
    rows = read_all(exported(out, "all.xyz"))
    assert verdicts(rows) == [(name.replace("\t", " ").replace("\n", " "), None)]


def test_an_ase_database_is_searched_by_reaction_side_tags_and_results(out):
    with ase.db.connect(exported(out, "all.db")) as database:
        assert database.count() == 8
        state = database.get(reaction_id="two \\words", side="ts")
        np.testing.assert_allclose(state.toatoms().positions, HCN + HNC, atol=1e-6)
        assert state.barrier_kcal_mol == 40.0
        np.testing.assert_allclose(state.data["imaginary_mode"], MODE)
        assert state.data["family"] == "a 'b' \"c\" = \\d"
        assert [state.tag_charge, state.tag_energy] == [1, 3.5]
        assert database.get(reaction_id=7, side="ts").data["reaction_id"] == "007"
        assert database.count("p_good>0.8,side=ts") == 1


@pytest.mark.parametrize("name", ["map.json", "map.json.gz"])
def test_chemiscope_loads_one_point_for_each_ts(out, name):
    chemiscope = pytest.importorskip("chemiscope")
    file = exported(out, name)
    chemiscope.show_input(file)  # its own loader
    with gzip.open(file) if name.endswith("gz") else file.open() as stream:
        data = json.load(stream)
    assert data["meta"]["name"] == "map"
    assert [structure["size"] for structure in data["structures"]] == [3, 3]
    np.testing.assert_allclose(data["structures"][0]["z"], (HCN + HNC)[:, 2], atol=1e-6)
    properties = {name: entry["values"] for name, entry in data["properties"].items()}
    assert properties["reaction_id"] == ["two \\words", "007"]
    assert properties["barrier_kcal_mol"][0] == 40.0
    assert data["properties"]["barrier_kcal_mol"]["units"] == "kcal/mol"
    assert "description" not in data["properties"]["family"]
    assert np.isnan(properties["barrier_kcal_mol"][1])
    assert properties["family"][1] == ""
    assert data["settings"]["map"]["x"]["property"] == "barrier_kcal_mol"


def test_without_chemiscope_the_remedy_is_told(out, monkeypatch):
    monkeypatch.setitem(sys.modules, "chemiscope", None)
    with pytest.raises(UsageError, match=r"pip install 'tscreen\[chemiscope\]'"):
        exported(out, "map.json")


def test_a_condition_chooses_rows(out):
    frames = ase.io.read(exported(out, "some.xyz", "p_good > 0.6 -- sure"), index=":")
    assert {str(atoms.info["reaction_id"]) for atoms in frames} == {"7"}


@pytest.mark.parametrize(
    ("name", "condition", "said"),
    [
        ("all.cif", None, r"no format.*\.xyz.*\.json\.gz"),
        ("there.xyz", None, "exists already"),
        ("nowhere/all.xyz", None, "no folder"),
        ("all.xyz", "p_god > 1", "p_god.*p_good"),
        ("all.xyz", "p_good >", "syntax error"),
        ("all.xyz", "p_good > 1", "no result.*p_good > 1"),
        ("all.xyz", "true) UNION (SELECT 1", "does not work"),
        ("all.json", "reaction_id = 'none'", "no reaction has a TS"),
    ],
)
def test_what_cannot_be_exported_is_told_and_leaves_nothing(out, name, condition, said):
    (out.parent / "there.xyz").write_text("mine")
    with pytest.raises(UsageError, match=said):
        exported(out, name, condition)
    assert sorted(path.name for path in out.parent.iterdir()) == ["out", "there.xyz"]
    assert (out.parent / "there.xyz").read_text() == "mine"


def test_the_command_says_how_many_it_has_written(out, capsys, monkeypatch):
    file = out.parent / "all.xyz"
    monkeypatch.setattr(sys, "argv", ["tscreen", "export", str(out), str(file)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"3 reactions written to '{file}'\n"

"""`tscreen export`: what other programs read is what the run has written."""

import csv
import gzip
import json
import sys

import ase.db
import ase.io
import numpy as np
import pyarrow as pa
import pytest
from ase.units import Bohr
from conftest import HCN, HNC
from readings import read_all, verdicts
from runs import new_run, put, result, results_table

from tscreen.schemas.tables import PATH_FIELDS
from tscreen.screen.cli.main import main
from tscreen.screen.errors import UsageError
from tscreen.screen.exports.export import What, export

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


def test_vectors_are_written_as_vectors(tmp_path):
    out = new_run(tmp_path / "out")
    tags = {"spin density": [0.1, 0.2, 0.3], "axis": [1.0, 2.0], "push": MODE, "word": ["a"]}
    put(results_table(result("a", **tags)), out, "results", "0")
    for name in ("all.xyz", "all.traj"):
        frames = ase.io.read(exported(out, name), index=":")
        for atoms in frames:
            vectors = atoms.arrays if name == "all.xyz" else atoms.info
            np.testing.assert_allclose(vectors["spin_density"], [0.1, 0.2, 0.3])
            np.testing.assert_allclose(vectors["push"], MODE)
            np.testing.assert_allclose(atoms.info["axis"], [1.0, 2.0])
            assert atoms.info["word"] == "['a']"
    with ase.db.connect(exported(out, "all.db")) as database:
        data = database.get(side="ts").data
    np.testing.assert_allclose(data["push"], MODE)
    np.testing.assert_allclose(data["axis"], [1.0, 2.0])
    assert "push:R:3" in (out.parent / "all.xyz").read_text()


def test_a_trajectory_has_the_frames_with_their_cells(out):
    frames = ase.io.read(exported(out, "all.traj"), index=":")
    sides = [(atoms.info["reaction_id"], atoms.info["side"]) for atoms in frames]
    assert sides[:3] == [("two \\words", side) for side in ("reactant", "ts", "product")]
    np.testing.assert_allclose(frames[1].positions, HCN + HNC, atol=1e-6)
    np.testing.assert_allclose(frames[1].info["imaginary_mode"], MODE)
    assert frames[1].info["barrier_kcal_mol"] == 40.0


def test_rdkit_reads_the_records_with_bonds_and_properties(tmp_path):
    Chem = pytest.importorskip("rdkit.Chem")
    out = new_run(tmp_path / "out")
    put(results_table(result("a", family="x\n> <y>\n"), result("b")), out, "results", "0")
    file = exported(out, "all.sdf")
    mols = list(Chem.SDMolSupplier(str(file), removeHs=False))
    assert [mol.GetProp("reaction_id") for mol in mols] == ["a"] * 3 + ["b"] * 3
    reactant, state, product = mols[:3]
    assert state.GetProp("side") == "ts"
    assert float(state.GetProp("barrier_kcal_mol")) == 40.0
    assert "\n" not in state.GetProp("family")
    np.testing.assert_allclose(state.GetConformer().GetPositions(), HCN + HNC, atol=1e-3)
    assert Chem.MolToSmiles(Chem.RemoveHs(reactant)) == "C#N"
    assert Chem.MolToSmiles(product) == "[H][N+]#[C-]"


def test_a_table_has_a_line_for_each_reaction(out):
    with exported(out, "all.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["reaction_id"] for line in lines] == ["two \\words", "007", "none"]
    assert lines[0]["barrier_kcal_mol"] == "40.0"
    assert lines[2]["barrier_kcal_mol"] == ""
    assert json.loads(lines[1]["warnings"]) == ["sides_not_kept", "unknown_chemistry"]
    assert "ts_positions" not in lines[0]


def test_json_lines_hold_all_columns(out):
    first, odd, none = map(json.loads, exported(out, "all.jsonl").read_text().splitlines())
    np.testing.assert_allclose(first["ts_positions"], HCN + HNC, atol=1e-6)
    assert first["two words"] == "x\ny"
    assert odd["barrier_kcal_mol"] is None
    assert none["ts_positions"] is None


def test_a_molden_file_holds_the_mode_in_bohr(tmp_path):
    out = new_run(tmp_path / "out")
    saddle = result("a", imaginary_mode=MODE, imaginary_frequency_cm1=1200.5)
    put(results_table(saddle, result("b")), out, "results", "0")
    lines = exported(out, "a.molden", "reaction_id = 'a'").read_text().splitlines()
    assert lines[lines.index("[FREQ]") + 1] == "-1200.50"
    coordinates = lines.index("[FR-COORD]")
    place = [float(word) for word in lines[coordinates + 1].split()[1:]]
    np.testing.assert_allclose(np.multiply(place, Bohr), (HCN + HNC)[0], atol=1e-6)
    moved = [list(map(float, line.split())) for line in lines[lines.index("vibration 1") + 1 :]]
    np.testing.assert_allclose(np.multiply(moved, Bohr), MODE, atol=1e-6)
    with pytest.raises(UsageError, match="holds one reaction, not 2"):
        exported(out, "all.molden")
    with pytest.raises(UsageError, match="'b' has no imaginary mode"):
        exported(out, "b.molden", "reaction_id = 'b'")


def test_the_paths_of_the_chosen_reactions_are_frames_with_energies(out):
    path = {
        "candidate_rank": 1,
        "energy_level": "X",
        "path_positions": [HCN.tolist(), (HCN + HNC).tolist(), HNC.tolist()],
        "path_energies_kcal_mol": [-40.0, 0.0, -30.0],
        "path_ts": 1,
    }
    rows = [{"reaction_id": name, **path} for name in ("two \\words", "007")]
    put(pa.Table.from_pylist(rows, PATH_FIELDS), out, "paths", "1")
    file = out.parent / "paths.xyz"
    assert export(out, file, "verified", lambda n, found: found, What.PATHS) == 1
    frames = ase.io.read(file, index=":", format="extxyz")
    assert [atoms.info["path_frame"] for atoms in frames] == [0, 1, 2]
    assert [atoms.info["energy_kcal_mol"] for atoms in frames] == [-40.0, 0.0, -30.0]
    assert {atoms.info["reaction_id"] for atoms in frames} == {"two \\words"}
    np.testing.assert_allclose(frames[2].positions, HNC, atol=1e-6)
    with pytest.raises(UsageError, match="no path"):
        export(out, out.parent / "none.xyz", "status = 'failed'", lambda n, r: r, What.PATHS)
    with pytest.raises(UsageError, match=r"no format of paths"):
        export(out, out.parent / "paths.db", None, lambda n, r: r, What.PATHS)


def test_the_command_says_how_many_it_has_written(out, capsys, monkeypatch):
    file = out.parent / "all.xyz"
    monkeypatch.setattr(sys, "argv", ["tscreen", "export", str(out), str(file)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"3 reactions written to '{file}'\n"

"""Formats beside Parquet, CSV and XYZ, and the ways in which files come."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.db import connect
from conftest import HCN, HNC
from readings import read_all, verdicts

from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.reading import files_of, plan
from tscreen.screen.storage.location import Location

SYMBOLS = ["H", "C", "N"]
SMILES = "[CH3:1][OH:2]>>[CH3:1][OH:2]"


def sdf(positions: np.ndarray, symbols: list[str] = SYMBOLS, charge: int = 0, **fields) -> str:
    atoms = zip(symbols, positions, strict=True)
    lines = [f"{x:10.4f}{y:10.4f}{z:10.4f} {s:<3} 0  0" for s, (x, y, z) in atoms]
    charges = [f"M  CHG  1   1  {charge:2d}"] if charge else []
    data = [f">  <{name}>\n{value}\n" for name, value in fields.items()]
    counts = f"{len(lines):3d}  0  0  0  0  0  0  0  0  0999 V2000"
    return "\n".join(["name", "", "", counts, *lines, *charges, "M  END", *data, "$$$$\n"])


def mol2(positions: np.ndarray) -> str:
    atoms = [
        f"{k} {s}{k} {x:.4f} {y:.4f} {z:.4f} {s}{'.1' if s != 'H' else ''} 1 LIG 0.0"
        for k, (s, (x, y, z)) in enumerate(zip(SYMBOLS, positions, strict=True), 1)
    ]
    head = ["@<TRIPOS>MOLECULE", "name", "3 2", "SMALL", "NO_CHARGES", "", "@<TRIPOS>ATOM"]
    return "\n".join([*head, *atoms, "@<TRIPOS>BOND", "1 1 2 1", "2 2 3 3", ""])


def is_shift(row: dict) -> None:
    assert (row["atomic_numbers"], row["reject_message"]) == ([1, 6, 7], None)
    assert np.allclose(row["reactant_positions"], HCN, atol=1e-3)
    assert np.allclose(row["product_positions"], HNC, atol=1e-3)


@pytest.mark.parametrize(("ending", "text"), [(".sdf", sdf), (".mol2", mol2)])
def test_records_in_turn_are_reactant_and_product(tmp_path, ending, text):
    (tmp_path / f"in{ending}").write_text("".join(map(text, [HCN, HNC] * 2)))
    rows = read_all(tmp_path / f"in{ending}")
    assert verdicts(rows) == [("in-0", None), ("in-1", None)]
    for row in rows:
        is_shift(row)


def test_reactants_and_products_may_lie_in_two_files(tmp_path):
    (tmp_path / "set_reactants.sdf").write_text(sdf(HCN) + sdf(HCN))
    (tmp_path / "set_products.sdf").write_text(sdf(HNC) + sdf(HNC))
    rows = read_all(tmp_path)
    assert verdicts(rows) == [("set", None), ("set-1", None)]
    for row in rows:
        is_shift(row)


def test_the_fields_of_an_sdf_file_are_tags_and_its_atoms_have_the_charge(tmp_path):
    fields = {"reaction_id": "007", "family": "shift", "yield": 3}
    sides = sdf(HCN, charge=-1, **fields), sdf(HNC, charge=-1, **fields)
    (tmp_path / "in.sdf").write_text("".join(sides))
    [row] = read_all(tmp_path / "in.sdf")
    assert [row[name] for name in fields] == list(fields.values())
    assert (row["charge"], row["multiplicity"]) == (-1, 2)


def test_rows_of_an_ase_database_are_paired_by_their_keys(tmp_path):
    with connect(tmp_path / "in.db") as rows:
        for side, positions in (("product", HNC), ("reactant", HCN)):
            rows.write(Atoms(SYMBOLS, positions), reaction_id="a1", side=side, family="shift")
    [row] = read_all(tmp_path / "in.db")
    is_shift(row)
    assert (row["reaction_id"], row["family"]) == ("a1", "shift")


@pytest.mark.parametrize("name", ["in.sdf", "in.mol2", "in.db"])
def test_a_file_that_is_none_is_one_rejected_row(tmp_path, name):
    (tmp_path / name).write_text("@<TRIPOS>MOLECULE\nthis is\nno such\nfile 3 4\n")
    [row] = read_all(tmp_path / name)
    assert row["reject_code"] == "unreadable_file"
    assert name in row["reject_message"]


def test_a_database_that_is_empty_is_told_and_left_alone(tmp_path):
    (tmp_path / "in.db").touch()
    [row] = read_all(tmp_path / "in.db")
    assert row["reject_code"] == "unreadable_file"
    assert "it is no database of ASE" in row["reject_message"]
    assert (tmp_path / "in.db").read_bytes() == b""


def test_atoms_in_another_order_are_brought_into_that_of_the_reactant(tmp_path):
    swapped = sdf(HNC[[2, 0, 1]], ["N", "H", "C"])
    (tmp_path / "in.sdf").write_text(sdf(HCN) + swapped)
    [row] = read_all(tmp_path / "in.sdf")
    is_shift(row)
    assert row["product_order"] == [1, 2, 0]


def test_atoms_that_no_order_brings_together_are_turned_away(tmp_path):
    far = np.arange(24.0).reshape(8, 3) * 9
    near = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    kinds = ["C", "H"] * 4
    (tmp_path / "in.sdf").write_text(sdf(near, kinds) + sdf(far, kinds[::-1]))
    [row] = read_all(tmp_path / "in.sdf")
    assert row["reject_code"] == "no_mapping"
    assert "'in-0'" in row["reject_message"]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_table_of_smiles_is_read_whatever_parts_its_columns_and_lines(
    tmp_path, mark, end, encoding
):
    lines = [mark.join(cells) for cells in (["reaction_id", "smiles", "tag"], ["a", SMILES, "x"])]
    text = end.join([*lines, ""])
    (tmp_path / "in.csv").write_bytes(text.encode(encoding))
    assert files_and_rows(tmp_path / "in.csv") == [("a", SMILES, "x")]


def files_and_rows(path: Path) -> list[tuple[str, str, str]]:
    from readings import plan_all

    rows = [row for chunk in plan_all(path).chunks for row in chunk.load().to_pylist()]
    return [(row["reaction_id"], row["smiles"], row["tag"]) for row in rows]


def test_packed_files_are_read(tmp_path):
    text = f"reaction_id,smiles,tag\na,{SMILES},x\n"
    (tmp_path / "in.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert files_and_rows(tmp_path / "in.csv.gz") == [("a", SMILES, "x")]
    (tmp_path / "one.sdf.gz").write_bytes(gzip.compress((sdf(HCN) + sdf(HNC)).encode()))
    [row] = read_all(tmp_path / "one.sdf.gz")
    assert row["reaction_id"] == "one-0"
    is_shift(row)


def test_a_packed_file_that_is_cut_off_is_one_rejected_row(tmp_path):
    packed = gzip.compress(sdf(HCN).encode() * 50)
    (tmp_path / "in.sdf.gz").write_bytes(packed[: len(packed) // 2])
    [row] = read_all(tmp_path / "in.sdf.gz")
    assert row["reject_code"] == "unreadable_file"
    assert "cut off" in row["reject_message"]


def test_a_pattern_names_files(tmp_path):
    for name in ("a1.csv", "a2.csv", "b1.csv", "a3.txt"):
        (tmp_path / name).write_text(f"reaction_id,smiles\n{name},{SMILES}\n")
    found = files_of([Location.at(tmp_path / "a*")])
    assert [file.base for file in found] == ["a1.csv", "a2.csv"]
    with pytest.raises(UsageError, match="names no"):
        files_of([Location.at(tmp_path / "c*.csv")])


def test_several_inputs_are_read_together_and_each_file_once(tmp_path):
    for name in ("a1.csv", "a2.csv", "b1.csv"):
        (tmp_path / name).write_text(f"reaction_id,smiles\n{name},{SMILES}\n")
    a, b = Location.at(tmp_path / "a*"), Location.at(tmp_path / "b1.csv")
    again = Location.at(tmp_path / "a2.csv")
    found = files_of([b, a, again])
    assert [file.base for file in found] == ["b1.csv", "a1.csv", "a2.csv"]
    planned = plan([b, a, again], block_rows=4)
    assert planned.n_rows == 3
    assert planned.passed_over == []
    with pytest.raises(UsageError, match="there is no"):
        files_of([a, Location.at(tmp_path / "c.csv")])


def test_what_is_passed_over_is_told_of_every_folder(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "in.csv").write_text(f"reaction_id,smiles\n{name},{SMILES}\n")
        (tmp_path / name / f"{name}.txt").write_text("notes")
    planned = plan([Location.at(tmp_path / "one"), Location.at(tmp_path / "two")], block_rows=4)
    assert planned.n_rows == 2
    assert planned.passed_over == ["one.txt", "two.txt"]

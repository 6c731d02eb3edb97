from pathlib import Path

import pytest
from readings import plan_all

from tscreen.actors.smiles.mapping import parse_reaction
from tscreen.screen.inputs.reading import read_chunk

MAPPED = "[CH2:1]=[CH:2][O:3][H:4]>>[CH2:1]([H:4])[CH:2]=[O:3]"
TIE = "OC1CCCC=C1>>C1=CCCC=C1.O"


def rows_of(path: Path, **options) -> list[list[dict]]:
    """The rows of every chunk."""
    return [read_chunk(chunk).to_pylist() for chunk in plan_all(path, **options).chunks]


def written(path: Path, *smiles: str) -> Path:
    lines = [f"{name},{one}" for name, one in zip("abcdefgh", smiles, strict=False)]
    path.write_text("\n".join(["reaction_id,smiles", *lines]))
    return path


def test_a_smiles_without_a_map_is_read_with_the_one_that_was_found(tmp_path):
    (rows,) = rows_of(written(tmp_path / "in.csv", "C=CO>>CC=O", MAPPED), block_rows=4)
    assert [row["n_mappings"] for row in rows] == [1, None]
    assert rows[1]["mapped_smiles"] is None
    assert [row["smiles"] for row in rows] == ["C=CO>>CC=O", MAPPED]
    assert len(parse_reaction(rows[0]["mapped_smiles"]).numbers) == 7


def test_maps_that_tie_are_rows_of_their_own_in_one_chunk(tmp_path):
    path = written(tmp_path / "in.csv", MAPPED, "C=CO>>CC=O", TIE, MAPPED)
    chunks = rows_of(path, block_rows=3)
    names = [[row["reaction_id"] for row in rows] for rows in chunks]
    assert names == [["a", "b", "c#1", "c#2"], ["d"]]
    first, second = chunks[0][2:]
    assert first["mapped_smiles"] != second["mapped_smiles"]
    assert [row["source_row"] for rows in chunks for row in rows] == [0, 1, 2, 2, 3]
    assert plan_all(path).n_rows == 5


def test_what_a_filter_or_limit_leaves_out_is_not_mapped(tmp_path, monkeypatch):
    path = written(tmp_path / "in.csv", TIE, TIE, TIE)
    seen: list[str] = []
    monkeypatch.setattr("tscreen.actors.mapping.unmapped.completed", lambda text: seen.append(text))
    with pytest.raises(TypeError):  # what stands in for the mapper gives nothing
        plan_all(path, limit=1)
    assert seen == [TIE]


def test_an_id_that_a_map_would_get_and_another_row_has_is_rejected(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text(f"reaction_id,smiles\na,{TIE}\na#1,{MAPPED}\n")
    rows = [row for rows in rows_of(path) for row in rows]
    assert [(row["reaction_id"], row["reject_code"]) for row in rows] == [
        ("a#1", None), ("a#2", None), ("a#1", "duplicate_id"),
    ]  # fmt: skip


def test_a_smiles_that_cannot_be_mapped_is_read_as_it_is(tmp_path):
    rows = [row for rows in rows_of(written(tmp_path / "in.csv", "CC>>C", "")) for row in rows]
    assert [row["mapped_smiles"] for row in rows] == [None, None]
    assert [row["reject_code"] for row in rows] == [None, "missing_value"]


def test_many_are_mapped_in_processes_as_few_are_in_this_one(tmp_path, monkeypatch):
    path = written(tmp_path / "in.csv", TIE, "C=CO>>CC=O", MAPPED, "C>>C(", "CC=O>>C=CO")
    few = rows_of(path)
    monkeypatch.setattr("tscreen.screen.inputs.maps.MANY", 2)
    assert rows_of(path) == few

"""Tables of lone transition states that become tables to train on."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tscreen.model.reactions.data import load_split
from tscreen.screen.library.preparing import prepare

HCN_TS = [[0.0, 0.0, 0.0], [1.19, 0.0, 0.0], [0.48, 1.12, 0.0]]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["val", "val"], ["val", "val"]),  # none of these is ever trained on
        (["train", "val"], ["train", "val"]),
        (["train", "train"], ["train", "val"]),
        (None, ["train", "val"]),
    ],
)
def test_rows_are_set_aside_where_the_table_sets_none_aside(tmp_path, monkeypatch, given, expected):
    monkeypatch.setattr(
        "tscreen.screen.library.preparing.by_hash", lambda name: 99 if name == "b" else 0
    )
    table = {
        "reaction_id": ["a", "b"],
        "atomic_numbers": [[6, 7, 1]] * 2,
        "ts_positions": [HCN_TS] * 2,
    }
    pq.write_table(pa.table(table | ({"split": given} if given else {})), tmp_path / "ts.parquet")
    found = prepare(tmp_path / "ts.parquet", threads=1)
    assert found.left_out == []
    assert found.table["relaxed_sides"].to_pylist() == [["reactant", "product"]] * 2
    assert found.table["reactant_minimum"].null_count == 2  # no molecule is named
    rows = sorted(found.table.select(["reaction_id", "split"]).to_pylist(), key=str)
    assert [row["split"] for row in rows] == expected


def test_minima_of_named_molecules_come_back_from_the_table(tmp_path):
    hydrogen_cyanide = [[-1.07, 0.0, 0.0], [0.0, 0.0, 0.0], [1.15, 0.0, 0.0]]
    molecules = {"name": ["HCN"], "atomic_numbers": [[1, 6, 7]], "positions": [hydrogen_cyanide]}
    pq.write_table(pa.table(molecules), tmp_path / "molecules.parquet")
    names = [f"r{number}" for number in range(30)]
    table = {
        "reaction_id": names,
        "atomic_numbers": [[6, 7, 1]] * 30,
        "ts_positions": [HCN_TS] * 30,
        "barrier_reactants": ["HCN"] * 30,
        "split": ["train"] * 29 + ["val"],
    }
    pq.write_table(pa.table(table), tmp_path / "ts.parquet")
    found = prepare(tmp_path / "ts.parquet", tmp_path / "molecules.parquet", threads=1)
    pq.write_table(found.table, tmp_path / "reactions.parquet")
    row = load_split([tmp_path / "reactions.parquet"]).train[0]
    reactant, product = row.minima
    assert product is None
    lengths = np.linalg.norm(reactant - reactant[0], axis=1)
    np.testing.assert_allclose(lengths, [0.0, 1.15, 1.07], atol=1e-6)

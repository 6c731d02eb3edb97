"""Tables of lone transition states that become tables to train on."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

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
    rows = sorted(found.table.select(["reaction_id", "split"]).to_pylist(), key=str)
    assert [row["split"] for row in rows] == expected

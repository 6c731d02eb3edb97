"""Tags whose names or types one of the libraries has a meaning of its own for."""

import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import reaction_row, reaction_table
from readings import plan_all, read_all
from runs import new_run

from tscreen.schemas.validate import validate
from tscreen.screen.analysis.query import asked
from tscreen.screen.dataset.compaction import compact
from tscreen.screen.dataset.output import read_results
from tscreen.screen.dataset.writing import write
from tscreen.screen.inputs.chunks import OF_ARROW
from tscreen.screen.inputs.reading import read_chunk
from tscreen.screen.storage.location import Location

NAMES = [*OF_ARROW, "__row", "__atoms", "row", "index"]
DAY = datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)
CELLS = {
    "half": (pa.array([np.float16(1.5)]), 1.5),
    "halves": (pa.array([[np.float16(1.5)]], pa.list_(pa.float16())), [1.5]),
    "decimal": (pa.array([Decimal("1.25")], pa.decimal256(20, 2)), Decimal("1.25")),
    "long decimal": (pa.array([Decimal("1.25")], pa.decimal256(50, 2)), "1.25"),
    "zone": (pa.array([DAY], pa.timestamp("us", "Asia/Tokyo")), DAY.replace(tzinfo=None)),
    "offset": (pa.array([DAY], pa.timestamp("us", "+02:00")), DAY.replace(tzinfo=None)),
    "view": (pa.array(["x"], pa.string_view()), "x"),
}


def screened(source: Path, out: Path) -> Path:
    """The folder of a run over a file, without the stages that compute."""
    run = Location.at(new_run(out))
    chunks = plan_all(source).chunks
    for chunk in chunks:
        write(validate(read_chunk(chunk), max_atoms=9), run)
    compact(run, [chunk.name for chunk in chunks], [], lambda rows: None)
    return out


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_tag_of_any_name_is_kept_and_queried(tmp_path, name):
    rows = [reaction_row(f"r{i}", **{name: f"x{i}"}) for i in range(5)]
    pq.write_table(reaction_table(*rows), tmp_path / "in.parquet")
    out = screened(tmp_path / "in.parquet", tmp_path / "out")
    kept = f"input_{name}" if name in OF_ARROW else name
    assert sorted(read_results(out).collect()[kept]) == [f"x{i}" for i in range(5)]
    with asked(out, f"SELECT reaction_id FROM results WHERE \"{kept}\" = 'x3'") as answer:
        assert list(answer.rows) == [("r3",)]


@pytest.mark.parametrize("kind", ["parquet", "csv", "xyz"])
@pytest.mark.parametrize("name", ["__row", "__atoms", "row"])
def test_a_filter_on_a_tag_of_any_name_picks_its_rows(tmp_path, name, kind):
    numbers = {f"r{i}": (i + 2) % 5 for i in range(5)}
    if kind == "parquet":
        rows = [reaction_row(key, **{name: value}) for key, value in numbers.items()]
        pq.write_table(reaction_table(*rows), tmp_path / "in.parquet")
    elif kind == "csv":
        lines = [f"{key},C>>C,{value}" for key, value in numbers.items()]
        (tmp_path / "in.csv").write_text("\n".join([f"reaction_id,smiles,{name}", *lines]))
    else:
        frames = [
            f"2\nreaction_id={key} side={side} {name}={value}\nH 0 0 0\nH 0 0 {distance}\n"
            for key, value in numbers.items()
            for side, distance in (("reactant", 1), ("product", 2))
        ]
        (tmp_path / "in.xyz").write_text("".join(frames))
    chosen = read_all(tmp_path / f"in.{kind}", filter=f"{name} = 3")
    assert [row["reaction_id"] for row in chosen] == ["r1"]
    assert len(read_all(tmp_path / f"in.{kind}", filter="1 = 1")) == 5


@pytest.mark.parametrize("kind", CELLS)
def test_a_tag_of_any_type_is_kept_and_queried(tmp_path, kind):
    cells, told = CELLS[kind]
    table = reaction_table(reaction_row("a")).append_column("tag", cells)
    pq.write_table(table, tmp_path / "in.parquet")
    out = screened(tmp_path / "in.parquet", tmp_path / "out")
    with asked(out, "SELECT reaction_id, tag FROM results WHERE tag IS NOT NULL") as answer:
        assert list(answer.rows) == [("a", told)]
    kept = read_results(out).collect()["tag"].to_list()
    assert kept == [DAY] if kind in ("zone", "offset") else kept == [told]

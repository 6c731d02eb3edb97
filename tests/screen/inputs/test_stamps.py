"""An input that changes after it was planned is noticed by whoever reads it."""

import os
from collections.abc import Callable
from pathlib import Path

import ase.io
import pyarrow.parquet as pq
import pytest
from ase import Atoms
from conftest import HCN, HNC, reaction_row, reaction_table
from readings import plan_all

from tscreen.screen.inputs.stamps import ChangedInputError, refuse_changed
from tscreen.screen.runs.light import Read, tables_of
from tscreen.screen.runs.resume import identities


def parquet(path: Path, name: str) -> None:
    pq.write_table(reaction_table(reaction_row(name)), path / "in.parquet")


def csv(path: Path, name: str) -> None:
    (path / "in.csv").write_text(f"reaction_id,smiles\n{name},C>>C\n")


def xyz(path: Path, name: str) -> None:
    for side, positions in (("reactant", HCN), ("product", HNC)):
        frame = Atoms([1, 6, 7], positions, info={"reaction_id": name})
        ase.io.write(path / f"x_{side}.xyz", frame, format="extxyz")


@pytest.mark.parametrize("write", [parquet, csv, xyz])
def test_rows_of_a_replaced_file_are_not_mixed_with_earlier_ones(tmp_path, write: Callable):
    write(tmp_path, "a")
    planned = plan_all(tmp_path)
    [table] = tables_of(planned.chunks)
    read = Read(planned.files).make(None)
    assert read(table)["reaction_id"].to_pylist() == ["a"]
    write(tmp_path, "other")
    for again in (lambda: read(table), lambda: refuse_changed(planned.files, planned.files)):
        with pytest.raises(ChangedInputError, match="was replaced, after the run was planned"):
            again()


@pytest.mark.parametrize("write", [parquet, csv, xyz])
def test_a_file_that_was_copied_or_touched_is_the_same(tmp_path, write: Callable):
    write(tmp_path, "a")
    planned = plan_all(tmp_path)
    for file in tmp_path.iterdir():
        os.utime(file, (0, 0))
    refuse_changed(planned.files, planned.files)
    assert identities(plan_all(tmp_path)) == identities(planned)
    write(tmp_path, "b")
    assert identities(plan_all(tmp_path)) != identities(planned)


def test_a_file_that_is_gone_is_told_too(tmp_path):
    parquet(tmp_path, "a")
    planned = plan_all(tmp_path)
    (tmp_path / "in.parquet").unlink()
    with pytest.raises(ChangedInputError):
        Read(planned.files).make(None)(tables_of(planned.chunks)[0])


def test_a_parquet_file_of_the_same_size_and_time_is_told_by_its_footer(tmp_path):
    file = tmp_path / "in.parquet"
    parquet(tmp_path, "a")
    planned, before = plan_all(file), file.stat()
    parquet(tmp_path, "b")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    with pytest.raises(ChangedInputError):
        refuse_changed(planned.files, planned.files)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"\xff\xff\xff\xffPAR1"])
def test_a_file_without_a_footer_has_a_stamp(tmp_path, content):
    (tmp_path / "in.parquet").write_bytes(content)
    planned = plan_all(tmp_path)
    refuse_changed(planned.files, planned.files)

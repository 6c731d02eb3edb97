import pickle
from pathlib import Path

import pyarrow as pa
import pytest

from tscreen.screen.errors import UsageError
from tscreen.screen.storage.location import Location


def test_what_is_put_is_there_whole_and_can_be_replaced(tmp_path):
    out = Location.at(tmp_path / "out")
    assert not out.exists()
    assert (out / "results").files() == []
    out.put("results/a.txt", b"one")
    out.put("results/a.txt", pa.py_buffer(b"two"))
    out.put("results/b.txt", b"")
    assert [file.base for file in (out / "results").files()] == ["a.txt", "b.txt"]
    assert (out / "results/a.txt").read() == b"two"
    assert not list((tmp_path / "out").glob("*.tmp"))


@pytest.fixture
def synced(monkeypatch) -> list[Path]:
    """The files and folders that are brought to the disk."""
    paths: list[Path] = []

    def note(fd: int) -> None:
        paths.append(Path(f"/proc/self/fd/{fd}").readlink())

    monkeypatch.setattr("os.fsync", note)
    return paths


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux to name open files")
def test_the_names_of_new_files_and_folders_are_brought_to_the_disk_too(tmp_path, synced):
    out = Location.at(tmp_path / "out")
    out.put("results/a.txt", b"one")
    assert {tmp_path, tmp_path / "out", tmp_path / "out" / "results"} <= {*synced}
    synced.clear()
    out.put("results/a.txt", b"two")
    assert synced[-1] == tmp_path / "out" / "results"


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        Location.at(tmp_path).put("a.txt", b"one")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", ["../a", "/etc/a", "results/../../a", "..\\a"])
def test_nothing_can_be_put_outside_by_its_name(tmp_path, part):
    with pytest.raises(ValueError, match="lies outside"):
        Location.at(tmp_path).put(part, b"")


def test_nothing_can_be_put_outside_through_a_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="a link leads there"):
        Location.at(tmp_path / "out").put("results/a", b"")
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_path_and_its_uri_are_the_same_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = Location.at(tmp_path / "in.CSV")
    assert (
        Location.at(f"file://{tmp_path}/in.CSV")
        == Location.at("in.CSV")
        == Location.at(here)
        == here
    )
    assert here.local == tmp_path / "in.CSV"
    assert here.suffix == ".csv"


def test_what_fsspec_knows_is_reached_and_travels_to_other_processes():
    out = pickle.loads(pickle.dumps(Location.at("memory://bucket/out/")))
    assert out.local is None
    out.put("results/a.txt", b"one")
    assert [str(file) for file in (out / "results").files()] == [
        "memory://bucket/out/results/a.txt"
    ]
    with (out / "results/a.txt").open() as file:
        file.seek(1)
        assert file.read() == b"ne"
    (out / "results").remove()
    assert (out / "results").files() == []


def test_a_protocol_that_nobody_knows_is_a_wrong_use():
    with pytest.raises(UsageError, match=r"nowhere://out.*cannot be reached"):
        Location.at("nowhere://out")


def test_a_missing_file_is_told_by_its_kind(tmp_path):
    (tmp_path / "a").touch()
    assert Location.at(tmp_path / "a").is_file()
    assert not Location.at(tmp_path).is_file()
    assert Location.at(Path(tmp_path)).exists()

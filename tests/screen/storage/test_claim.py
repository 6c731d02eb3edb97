"""One run at a time in a folder."""

import errno
import fcntl

import pytest

from tscreen.screen.errors import UsageError
from tscreen.screen.storage.claim import claimed
from tscreen.screen.storage.place import Place


def test_a_folder_is_had_by_one_at_a_time(tmp_path):
    place = Place.at(tmp_path)
    with claimed(place):
        with pytest.raises(UsageError, match="another tscreen is at work in"), claimed(place):
            pass
        with claimed(Place.at("memory://elsewhere")):  # knows no locks
            pass
    with claimed(place):
        pass


def refuse(code: int):
    def flock(*_):
        raise OSError(code, "no")

    return flock


def test_where_there_are_no_locks_a_run_goes_on_without(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", refuse(errno.ENOLCK))
    with claimed(Place.at(tmp_path)):
        pass


def test_another_error_is_not_swallowed(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", refuse(errno.EIO))
    with pytest.raises(OSError, match="no"), claimed(Place.at(tmp_path)):
        pass

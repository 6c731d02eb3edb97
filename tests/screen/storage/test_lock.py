"""One run at a time in a folder."""

import errno
import fcntl

import pytest

from tscreen.screen.errors import UsageError
from tscreen.screen.storage.location import Location
from tscreen.screen.storage.lock import locked


def test_a_folder_is_had_by_one_at_a_time(tmp_path):
    location = Location.at(tmp_path)
    with locked(location):
        with pytest.raises(UsageError, match="another tscreen is at work in"), locked(location):
            pass
        with locked(Location.at("memory://elsewhere")):  # knows no locks
            pass
    with locked(location):
        pass


def refuse(code: int):
    def flock(*_):
        raise OSError(code, "no")

    return flock


def test_where_there_are_no_locks_a_run_goes_on_without(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", refuse(errno.ENOLCK))
    with locked(Location.at(tmp_path)):
        pass


def test_another_error_is_not_swallowed(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", refuse(errno.EIO))
    with pytest.raises(OSError, match="no"), locked(Location.at(tmp_path)):
        pass

"""One run at a time in a folder of an object store."""

import threading
import time
from collections.abc import Iterator

import pytest
from services import served

from tscreen.screen.errors import UsageError
from tscreen.screen.storage import claim
from tscreen.screen.storage.location import Location
from tscreen.screen.storage.lock import locked

MANY = 6


@pytest.fixture(scope="module")
def bucket() -> Iterator[Location]:
    with pytest.MonkeyPatch.context() as patch, served("claims", patch):
        yield Location.at("s3://claims")


def test_a_folder_is_had_by_one_at_a_time(bucket):
    out, other = bucket / "out", bucket / "other"
    with locked(out):
        with pytest.raises(UsageError, match="another tscreen is at work in"), locked(out):
            pass
        with locked(other):
            pass
    with locked(out):
        pass
    assert not (out / claim.CLAIMS).files()


def test_of_many_that_come_at_once_never_two_go_on(bucket):
    out, together = bucket / "rush", threading.Barrier(MANY)
    inside: list[int] = []
    most: list[int] = []

    def come() -> None:
        together.wait()
        try:
            with locked(out):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.2)
                inside.pop()
        except UsageError:
            pass

    coming = [threading.Thread(target=come) for _ in range(MANY)]
    for one in coming:
        one.start()
    for one in coming:
        one.join()
    assert max(most, default=0) <= 1
    with locked(out):
        pass


def test_the_claim_of_one_that_was_killed_lapses_and_that_of_one_that_lives_does_not(
    bucket, monkeypatch
):
    monkeypatch.setattr(claim, "LAPSED_S", 3.0)
    monkeypatch.setattr(claim, "RENEWED_S", 0.5)
    out = bucket / "killed"
    with locked(out):
        time.sleep(4.5)
        with pytest.raises(UsageError, match="lets go of it"), locked(out):
            pass
    out.put(f"{claim.CLAIMS}/dead", b"at work\n")
    with pytest.raises(UsageError, match="lets go of it"), locked(out):
        pass
    time.sleep(4.5)
    with locked(out):
        assert len((out / claim.CLAIMS).files()) == 1


def test_a_store_that_tells_no_times_holds_nothing_back():
    out = Location.at("memory://claims/out")
    with locked(out), locked(out):
        pass

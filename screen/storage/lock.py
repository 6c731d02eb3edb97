"""Keep a second run out of a folder while one goes on in it.

The two would do the same work twice, and each would take the other's half-written files for those
of a run that was killed.
"""

import contextlib
import errno
import fcntl
from collections.abc import Iterator

from tscreen.screen.errors import UsageError
from tscreen.screen.storage.claim import claimed
from tscreen.screen.storage.location import Location

LOCK = ".lock"
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)


@contextlib.contextmanager
def locked(folder: Location) -> Iterator[None]:
    """Have a folder to oneself; the system lets go of it however this process ends.

    In an object store see `claim`. Shared file systems that are mounted without locks have no such
    thing: there nothing is held.

    Raises:
        UsageError: another process has it.
    """
    if folder.local is None:
        with claimed(folder):
            yield
        return
    with (folder.local / LOCK).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"another tscreen is at work in '{folder}'; wait for it, or give another --out"
            ) from error
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
        yield


def is_left(folder: Location) -> bool:
    """Whether a process once had the folder to itself, and none that this machine knows has it now.

    False also where nobody can tell, as in object stores.
    """
    if folder.local is None or not (folder.local / LOCK).exists():
        return False
    with (folder.local / LOCK).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

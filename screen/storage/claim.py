"""Have a folder in an object store to oneself, where there are no locks.

Whoever wants it puts an object of its own into `.claims`, lists these, and withdraws if another is
there. A list shows all that was put before it, as the large stores guarantee, so of two that come
at the same time at least the later one sees the other; both may withdraw, but never do both go on.
That takes no conditional write, which Arrow's file systems do not have.

A claim is put again and again while its owner lives, and lapses when that ends. How old one is
tells the clock of the store alone: it is compared with the claim that was put a moment ago.
"""

import contextlib
import threading
import uuid
from collections.abc import Iterator

from tscreen.screen.errors import UsageError
from tscreen.screen.storage.location import Location

CLAIMS = ".claims"
RENEWED_S = 10.0
LAPSED_S = 60.0


@contextlib.contextmanager
def claimed(folder: Location) -> Iterator[None]:
    """Have a folder to oneself; a process that is killed lets go of it after a minute.

    Raises:
        UsageError: another process has it.
    """
    mine = uuid.uuid4().hex
    over = threading.Event()

    def renew() -> None:
        while not over.wait(RENEWED_S):
            with contextlib.suppress(OSError):  # the next time, perhaps
                folder.put(f"{CLAIMS}/{mine}", b"at work\n")

    folder.put(f"{CLAIMS}/{mine}", b"at work\n")
    renewing = threading.Thread(target=renew, name="claim", daemon=True)
    try:
        _refuse_others(folder, mine)
        renewing.start()
        yield
    finally:
        over.set()
        if renewing.is_alive():
            renewing.join()
        (folder / CLAIMS / mine).remove()


def _refuse_others(folder: Location, mine: str) -> None:
    put = {location: info.mtime for location, info in (folder / CLAIMS).listing()}
    now = put.pop(folder / CLAIMS / mine, None)
    if now is None:  # a store that does not tell times, or lists late: nothing can be held there
        return
    for other, at in put.items():
        if (now - at).total_seconds() < LAPSED_S:
            raise UsageError(
                f"another tscreen is at work in '{folder}'; wait for it, or give another --out "
                f"(one that was killed lets go of it after {LAPSED_S:.0f} s)"
            )
        other.remove()

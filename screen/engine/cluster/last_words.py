"""Say so if this process is ended from outside Python.

Ray's C++ side ends a driver without a word when its control service is gone or memory is refused,
and a system that is short of memory kills one. What Python would say then, a small process beside
it says: it waits for the end of a line that only a driver which ends by itself takes leave on.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT = """
import os, sys
if not os.read(0, 1):
    os.write(2, sys.argv[1].encode())
"""
SENTENCE = (
    "tscreen: the run was ended from outside: Ray's control service is gone, or memory is short. "
    "What is written stays; repeat the command to go on. More is in {log}\n"
)


@contextmanager
def last_words(log: Path) -> Iterator[None]:
    """While this lasts, a death of this process is told on standard error.

    Args:
        log: of what Ray prints, as the sentence names it.
    """
    command = [sys.executable, "-I", "-S", "-c", WAIT, SENTENCE.format(log=log)]
    # In a session of its own, as Ctrl-C and the end of a terminal are for the driver.
    watcher = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        watcher.communicate(b".")

"""Calculations in a process of their own, so that what goes wrong in native code stays there.

A crash, an endless loop or a hunger for memory in one reaction ends the child, not the worker: the
next call gets a new child. A child serves many calls, so its start is paid once.
"""

import multiprocessing
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from tscreen.actors.workers.environment import SAFE_PATHS, environment
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.threads import NAMES

STATM = Path("/proc/self/statm")
"""Where Linux tells the size of a process."""

ALONE = {**dict.fromkeys(NAMES, "1"), **SAFE_PATHS}
"""The environment of a child: a single thread, and nothing of the folder where this was started."""

_STARTING = threading.Lock()
"""Held while a child is started: what it must not see is hidden from this whole process."""

Result = TypeVar("Result")

MEMORY = 4 * 2**30
"""Bytes that calculations may take beyond what the child's libraries have mapped at its start."""


Runner = Callable[..., Any]
"""Something that is called like `Isolated`."""


class Isolated:
    """Calls functions in a child process; use one for each worker.

    Args:
        preload: Modules to import before the memory is measured and limited.
        memory: See `MEMORY`; has no effect where the system does not count address space.
    """

    def __init__(self, preload: tuple[str, ...] = (), memory: int = MEMORY) -> None:
        self._preload = preload
        self._memory = memory
        self._child: BaseProcess | None = None
        self._line: Connection | None = None

    def __call__(self, wall_s: float, function: Callable[..., Result], *args: Any) -> Result:
        """``function(*args)``, which must be picklable, within ``wall_s`` seconds.

        Raises:
            CalculationError: the function's own; `xtb_timeout` where the time is up; `xtb_memory`
                where the memory is; `xtb_crash` where the child died or another exception came.
        """
        self.start()
        assert self._line is not None
        try:
            self._line.send((function, args))
            if not self._line.poll(wall_s):
                self.close()
                raise CalculationError(
                    "xtb_timeout", f"no answer within {wall_s:g} s; it was stopped"
                )
            answer, error, sound = self._line.recv()
        except (EOFError, OSError) as broken:
            raise CalculationError(
                "xtb_crash", f"the calculation died: {self._last_words()}"
            ) from broken
        if not sound:
            self.close()  # it may have left anything behind, running threads for one
        if error is not None:
            raise CalculationError(*error)
        return answer

    def start(self) -> None:
        """Start the child if there is none; it imports what it needs while this goes on."""
        if self._child is None or self._line is None:
            self._line, self._child = self._start()

    def close(self) -> None:
        """End the child, whatever it is doing."""
        if self._child is not None:
            self._child.kill()
            self._child.join()
        if self._line is not None:
            self._line.close()
        self._child = self._line = None

    def _start(self) -> tuple[Connection, BaseProcess]:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        child = context.Process(
            target=_serve, args=(there, self._preload, self._memory), daemon=True
        )
        with without_the_script(), environment(ALONE):
            child.start()
        there.close()
        return here, child

    def _last_words(self) -> str:
        assert self._child is not None
        self._child.join(5.0)
        code = self._child.exitcode
        self.close()
        if code is not None and code < 0:
            return signal.Signals(-code).name
        return f"exit code {code}"


@contextmanager
def without_the_script() -> Iterator[None]:
    """Processes started in this context do not run the script that this process was started with.

    Python's own way is to import it in the child, for what it defines. A child needs nothing of it,
    and a script that asks for a calculation as it is imported would ask for another, without end.
    """
    with _STARTING:
        script = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = script


def _serve(line: Connection, preload: tuple[str, ...], memory: int) -> None:
    """Answer calls until the worker hangs up."""
    for name in preload:
        import_module(name)
    if STATM.exists():
        limit = int(STATM.read_text().split()[0]) * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    while True:
        try:
            function, args = line.recv()
        except EOFError:
            return
        line.send(_answer(function, args))


def _answer(function: Callable[..., Any], args: tuple) -> tuple[Any, tuple[str, str] | None, bool]:
    """A result, an error in its place, and whether the process is fit for the next call."""
    try:
        return function(*args), None, True
    except CalculationError as error:
        return None, (error.code, error.message), True
    except MemoryError:
        wanted = "the calculation asked for more memory than it may have"
        return None, ("xtb_memory", wanted), False
    except Exception as error:
        return None, ("xtb_crash", f"unexpected {type(error).__name__}: {error}"), False

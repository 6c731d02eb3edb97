"""Ray, started for one run and stopped after it."""

import contextlib
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from tscreen.actors.workers.environment import SAFE_PATHS, environment
from tscreen.screen.engine.cluster.last_words import last_words
from tscreen.screen.engine.cluster.starting import see_a_worker
from tscreen.screen.errors import BrokenOffError, UsageError

KNOCK_S = 5.0
HTTP2_SETTINGS = b"\x04"
HTTP2_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0" + HTTP2_SETTINGS + b"\0\0\0\0\0"
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Off, Ray on a single machine listens on 127.0.0.1 instead of on the network."""
UNBLOCKED = {"RAY_prestart_worker_first_driver": "0"}
"""On, Ray lets a driver wait, deaf to all, until a first worker has started; it may never do so."""


@contextlib.contextmanager
def ray_session(address: str | None, log: Path) -> Iterator[dict[str, float]]:
    """Connect to a cluster, or start Ray on this machine alone; leave Ray alone if it runs.

    Args:
        address: HOST:PORT of a running cluster, "auto" for the one that this machine is part of.
        log: file for what Ray prints.

    Yields:
        The resources of the cluster, such as `{"CPU": 8.0, "GPU": 1.0}`.

    Raises:
        UsageError: there is no cluster at the address.
        BrokenOffError: Ray does not start, or no worker of it does.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if address is None:
        for name, value in {**LOOPBACK, **UNBLOCKED}.items():
            os.environ.setdefault(name, value)
    else:
        _knock(address)
    import ray
    import ray.data

    started = not ray.is_initialized()
    with (
        last_words(log),
        _printed_to(log),
        tempfile.TemporaryDirectory(prefix="tscreen-") as empty,
    ):
        try:
            if started:
                _init(address, Path(empty))
        except ConnectionError as error:
            raise UsageError(f"no Ray cluster answers at `address` {address}: {error}") from error
        except Exception as error:  # Ray says this in many ways
            reason = str(error).strip().splitlines()[0].rstrip(".")
            raise BrokenOffError(f"Ray did not start: {reason}. More is in {log}") from error
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        try:
            see_a_worker(log)
            yield ray.cluster_resources()
        finally:
            if started:
                ray.shutdown()


def _init(address: str | None, empty: Path) -> None:
    """Start Ray or connect to it, from an empty folder.

    Ray lets workers import from the folder where the driver is at this moment, and those on this
    machine work in it. A user's own `numpy.py`, which lies there, would run in each of them.
    """
    import ray

    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    with contextlib.chdir(empty), environment(SAFE_PATHS), _own_sigterm():
        if address is None:
            ray.init(address="local", include_dashboard=False, **quiet)
        else:
            ray.init(address=address, **quiet)


@contextlib.contextmanager
def _own_sigterm() -> Iterator[None]:
    """What SIGTERM does stays as it is; Ray would end this process without a word."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _knock(address: str) -> None:
    """Ray itself tries for many minutes before it says that nobody is there.

    The head of a cluster speaks HTTP/2, and answers its greeting with settings; under TLS it does
    not, and is only seen to be there.
    """
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    try:
        where = host.rpartition("/")[2].strip("[]"), int(port)
        with socket.create_connection(where, KNOCK_S) as line:
            line.sendall(HTTP2_GREETING)
            if os.environ.get("RAY_USE_TLS", "0") == "0" and line.recv(4)[3:] != HTTP2_SETTINGS:
                raise ConnectionError("it is no Ray")
    except (OSError, ValueError, OverflowError) as error:
        raise UsageError(
            f"nothing answers at `address` {address} ({error}); give HOST:PORT of the head of a "
            "running Ray cluster, or leave `address` out to run on this machine"
        ) from error


def _opened(log: Path) -> TextIO:
    """The log, to be written on; whoever may write in its folder must not send it elsewhere.

    Raises:
        UsageError: a link stands in its place, or it cannot be written.
    """
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        return os.fdopen(os.open(log, flags, 0o666), "a")
    except OSError as error:
        raise UsageError(
            f"'{log}' cannot be written ({error.strerror}); if it is a link, remove it"
        ) from error


@contextlib.contextmanager
def _printed_to(log: Path) -> Iterator[None]:
    """Keep the terminal for this program: the prints of Ray's Python and C++ sides go to a file."""
    with _opened(log) as file, contextlib.redirect_stdout(file):
        if sys.stderr is not sys.__stderr__:  # someone catches it already
            yield
            return
        terminal = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            with (
                open(terminal, "w", buffering=1, closefd=False) as stderr,
                contextlib.redirect_stderr(stderr),
            ):
                yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)

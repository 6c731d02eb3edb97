import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import ray
from conftest import STARTS_RAY
from standins import leave_at_once

from tscreen.screen.engine.cluster.session import ray_session
from tscreen.screen.engine.cluster.starting import died_at_once
from tscreen.screen.errors import BrokenOffError, UsageError

SOON_S = 15.0
"""After Ray has started, which takes as long as the machine is busy."""
SESSION = """
import sys, time
from pathlib import Path
import ray
from tscreen.screen.engine.cluster import session

init = session._init
def timed(*arguments):
    global started
    init(*arguments)
    started = time.monotonic()
session._init = timed
try:
    with session.ray_session(None, Path(sys.argv[1])):
        pass
finally:
    print(time.monotonic() - started)
"""


def test_a_ray_that_does_not_start_is_one_sentence(tmp_path, monkeypatch):
    def timed_out(**_: object) -> None:
        raise RuntimeError("The current node timed out during startup.\nMore lines.")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", timed_out)
    log = tmp_path / "ray.log"
    with (
        pytest.raises(
            BrokenOffError, match=r"did not start: The current node .* startup.*ray\.log"
        ),
        ray_session(None, log),
    ):
        pass


def test_a_worker_that_cannot_start_is_one_sentence(local_ray, tmp_path, monkeypatch):
    monkeypatch.setattr("tscreen.screen.engine.cluster.starting._version", leave_at_once)
    with (
        pytest.raises(BrokenOffError, match=r"no worker of Ray can start: .*ray\.log"),
        ray_session(local_ray, tmp_path / "ray.log"),
    ):
        pass


@pytest.fixture(params=["silent", "talking"])
def stranger(request) -> Iterator[str]:
    """The address of something that is no Ray: it says nothing, or something else."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            line, _ = server.accept()
            if request.param == "talking":
                line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            time.sleep(12.0)
            line.close()

        threading.Thread(target=answer, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


def refused(address: str, log) -> float:
    """The seconds until it is told that nobody is there."""
    start = time.monotonic()
    with (
        pytest.raises(UsageError, match=f"nothing answers at `address` {address}"),
        ray_session(address, log),
    ):
        pass
    return time.monotonic() - start


def test_a_stranger_at_the_address_is_told_soon(stranger, tmp_path):
    assert refused(stranger, tmp_path / "ray.log") < 15.0


def test_a_head_that_cannot_be_reached_is_told_soon(tmp_path):
    """As behind a firewall: what is sent there is dropped, as it is where a queue is full."""
    with ExitStack() as stack:
        deaf = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        host, port = deaf.getsockname()
        with suppress(TimeoutError):
            while True:  # until the queue is full
                stack.enter_context(socket.create_connection((host, port), timeout=0.5))
        assert refused(f"{host}:{port}", tmp_path / "ray.log") < 15.0
    assert refused(f"{host}:{port}", tmp_path / "ray.log") < 15.0, "nobody listens any more"


@pytest.mark.parametrize("address", ["localhost", "", "localhost:", "localhost:99999999"])
def test_an_address_without_a_port_is_told(address, tmp_path):
    refused(address, tmp_path / "ray.log")


def test_the_log_does_not_follow_a_link(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "ray.log").symlink_to(tmp_path / "mine")
    with (
        pytest.raises(UsageError, match="if it is a link, remove it"),
        ray_session(None, tmp_path / "ray.log"),
    ):
        pass
    assert (tmp_path / "mine").read_text() == "mine"


def test_the_head_of_a_cluster_is_known_by_its_greeting(local_ray, tmp_path):
    with ray_session(local_ray, tmp_path / "ray.log") as resources:
        assert resources


def test_workers_that_die_before_ray_hears_of_them_are_told_from_those_that_live(tmp_path):
    assert not died_at_once(tmp_path), "there is no log yet"
    log, line = tmp_path / "raylet.out", "worker_pool.cc:1: Started worker process with pid {}\n"
    log.write_text("starting\n")
    assert not died_at_once(tmp_path), "none was started yet"
    dead = subprocess.Popen(["true"])
    dead.wait()
    log.write_text(line.format(dead.pid))
    assert died_at_once(tmp_path)
    log.write_text(line.format(dead.pid) + line.format(os.getpid()))
    assert not died_at_once(tmp_path)


@STARTS_RAY
def test_workers_that_die_as_they_start_end_the_run_soon(tmp_path):
    """In a process of its own, with a Ray of its own."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os\nif 'default_worker.py' in open('/proc/self/cmdline').read():\n    os._exit(7)\n"
    )
    command = [sys.executable, "-c", SESSION, str(tmp_path / "ray.log")]
    paths = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[3])])
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert "no worker of Ray can start: each dies before Ray hears of it" in done.stderr
    assert float(done.stdout) < SOON_S

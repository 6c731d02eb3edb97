"""Wait for the first worker of Ray, or tell that there will be none."""

import re
import time
from pathlib import Path

from tscreen.schemas.version import VERSION
from tscreen.screen.errors import BrokenOffError

START_S = 180.0
"""For a worker to import this program: some seconds, but a machine may be busy. One that dies of it
is known at once."""
LOOK_EVERY_S = 1.0
STARTED = re.compile(r"Started worker process with pid (\d+)")
"""What the log of a raylet says of each worker."""


def see_a_worker(log: Path) -> None:
    """Wait for one worker that can import this program; Ray itself would try for ever.

    Args:
        log: of what Ray prints, as a message names it.

    Raises:
        BrokenOffError: there is none.
    """
    import ray

    more = f"more is in {log} and in the logs of Ray itself"
    try:
        version = ray.remote(num_cpus=0, max_retries=0)(_version).remote()
        given_up = time.monotonic() + START_S
        while not ray.wait([version], timeout=LOOK_EVERY_S)[0]:
            if (logs := _logs()) and died_at_once(logs):
                more = f"more is in {logs}"
                raise BrokenOffError(
                    "no worker of Ray can start: each dies before Ray hears of it, for lack of "
                    f"memory perhaps; {more}"
                )
            if time.monotonic() > given_up:
                raise BrokenOffError(f"no worker of Ray has started in {START_S:g} s; {more}")
        ray.get(version)
    except ray.exceptions.RayError as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
        raise BrokenOffError(f"no worker of Ray can start: {reason}; {more}") from error


def died_at_once(logs: Path) -> bool:
    """Whether a raylet whose logs lie here has started workers, of which none is left."""
    log = logs / "raylet.out"
    pids = STARTED.findall(log.read_text(errors="replace")) if log.exists() else []
    return bool(pids) and not any(Path("/proc", pid).exists() for pid in pids)


def _logs() -> Path | None:
    """Those of the raylet on this machine, where this process knows it."""
    import ray

    node = ray._private.worker._global_node
    return Path(node.get_logs_dir_path()) if node is not None else None


def _version() -> str:
    return VERSION

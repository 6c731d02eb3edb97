"""Processes that calculate: of a script they know nothing, and they end with the one that asks."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SCRIPT = """
import math
import sys
from tscreen.actors.workers.pools import calculating_pool

print("begun", file=sys.stderr)
with calculating_pool(2) as pool:
    print(list(pool.map(math.sqrt, [1.0, 4.0, 9.0])))
"""


def test_a_script_without_a_guard_is_not_run_again_by_its_processes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300)
    assert done.stdout == "[1.0, 2.0, 3.0]\n", done.stderr
    assert done.stderr.count("begun") == 1


ASKS_AND_WAITS = """
import os, time
from tscreen.actors.workers.pools import calculating_pool

pool = calculating_pool(1)
print(pool.submit(os.getpid).result(), flush=True)
time.sleep(600)
"""


def test_they_end_when_the_process_that_they_calculate_for_is_killed():
    asking = subprocess.Popen([sys.executable, "-c", ASKS_AND_WAITS], stdout=subprocess.PIPE)
    assert asking.stdout is not None
    calculating = int(asking.stdout.readline())
    assert runs(calculating)
    os.kill(asking.pid, signal.SIGKILL)
    asking.wait()
    until = time.monotonic() + 30
    while runs(calculating) and time.monotonic() < until:
        time.sleep(0.1)
    assert not runs(calculating)


def runs(process: int) -> bool:
    """Whether it computes or waits; one that has ended may still have a number."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

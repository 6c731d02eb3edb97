"""Processes that calculate: of a script they know nothing."""

import subprocess
import sys

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

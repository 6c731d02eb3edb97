"""How long a command takes, and what memory it needs."""

import os
import subprocess
import sys
import time

TSCREEN = [sys.executable, "-c", "from tscreen.screen.cli.main import main; main()"]


def measured(command: str, *arguments: str) -> None:
    """Run a command and print how long it took and what memory it held at most."""
    name = " ".join([command, *(one for one in arguments if one.startswith("--"))])
    start = time.monotonic()
    child = subprocess.Popen([*TSCREEN, command, *arguments], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    print(
        f"{name:>16}: {time.monotonic() - start:5.1f} s, {used.ru_maxrss / 1024:5.0f} MiB, "
        f"exit code {os.waitstatus_to_exitcode(status)}",
        flush=True,
    )

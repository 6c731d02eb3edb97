"""Seconds until a run on a few reactions has written its first row, and until it is over.

    python bench/screen/engine/first_row.py gdb7_22_ts.parquet [--reactions 10] [--repeats 3]

Starts `tscreen run` afresh on the first `val` rows, in a folder of its own, and looks for the first
file of results twenty times a second. Prints both times of every repeat.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

from measuring import TSCREEN

from tscreen.screen.dataset.writing import DONE

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
LOOK_EVERY_S = 0.05


def main() -> None:
    """Run, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="Parquet file with a column split")
    parser.add_argument("--reactions", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    for _ in range(options.repeats):
        with tempfile.TemporaryDirectory() as folder:
            first, whole = timed_run(options.data, options.reactions, Path(folder, "out"))
        print(f"first row {first:.1f} s, all {options.reactions} rows {whole:.1f} s", flush=True)


def timed_run(data: Path, reactions: int, out: Path) -> tuple[float, float]:
    """Seconds until the first results are there and until the process has ended."""
    options = ["--filter", "split = 'val'", "--limit", str(reactions), "--out", str(out)]
    started = time.monotonic()
    run = subprocess.Popen([*TSCREEN, "run", str(data), *options], **QUIET)
    first = None
    while run.poll() is None:
        if first is None and any((out / DONE).glob("*")):
            first = time.monotonic() - started
        time.sleep(LOOK_EVERY_S)
    whole = time.monotonic() - started
    if run.returncode or first is None:
        raise SystemExit(f"tscreen run ended with exit code {run.returncode}")
    return first, whole


if __name__ == "__main__":
    main()

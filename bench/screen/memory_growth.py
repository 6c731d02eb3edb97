"""Peak memory of the driver and of the workers against the number of reactions.

    python bench/screen/memory_growth.py gdb7_22_ts.parquet [--rows 1000 10000 100000]

Every run is a process of its own: `tscreen run` with one sample of one step, without energies and
searches, of the training reactions over and over with new ids. Prints the highest resident memory
that was seen of the driver and of any worker (looked at twice a second), what Ray's object store
held at most and spilled, and the speed.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from replicated import write_replicated

LOOK_EVERY_S = 0.5
MEBIBYTE = 2**20
CHILD = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import ray
from object_store import watched
from tscreen.screen.engine.progress import Show
from tscreen.screen.runs.run import run
from tscreen.screen.engine.settings import Settings

ray.init(address="local", include_dashboard=False, log_to_driver=False)
settings = Settings(input=sys.argv[1], out=sys.argv[2], samples=1, steps=1, energies=False)
with watched() as held:
    report = run(settings, Show())
print(report.reactions_per_s, report.counts.results, held.most, held.spilled)
"""


def resident(pid: int) -> int:
    """Bytes of physical memory that a process holds and shares with no other."""
    try:
        _, total, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (int(total) - int(shared)) * 4096


def workers() -> list[int]:
    """Processes in which Ray runs tasks or actors now."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(b"ray::"):
                found.append(int(path.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def measure(data: Path, n_rows: int) -> None:
    """Run so many reactions and print what that took."""
    with tempfile.TemporaryDirectory() as folder:
        reactions = Path(folder, "in.parquet")
        write_replicated(data, n_rows, reactions)
        command = [sys.executable, "-c", CHILD, str(reactions), f"{folder}/out"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        driver = worker = 0
        while child.poll() is None:
            driver = max(driver, resident(child.pid))
            worker = max([worker, *map(resident, workers())])
            time.sleep(LOOK_EVERY_S)
        assert child.stdout
        speed, n_results, held, spilled = child.stdout.read().split()
    print(
        f"{n_results:>8} reactions  driver {driver / MEBIBYTE:6.0f} MiB  "
        f"worker {worker / MEBIBYTE:6.0f} MiB  object store {int(held) / MEBIBYTE:6.1f} MiB, "
        f"spilled {int(spilled) / MEBIBYTE:.1f}  {float(speed):6.1f} reactions/s",
        flush=True,
    )


def main() -> None:
    """Measure one size after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    options = parser.parse_args()
    for n_rows in options.rows:
        measure(options.data, n_rows)


if __name__ == "__main__":
    main()

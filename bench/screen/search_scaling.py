"""How the searches of one chunk spread over the workers.

    python bench/screen/search_scaling.py gdb7_22_ts.parquet [--rows 32] [--search-s 3]

Runs one chunk of reactions on Rays that count one core and two, with a stage in the place of the
saddle searches that only waits, so that the machine's real cores do not matter. Prints the seconds
from the first reaction begun to the last one written.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

RUN = """
import sys, time
from dataclasses import replace
import ray
from tscreen.actors.stages import EnergyStage, RefineStage
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Settings
from tscreen.screen.engine.stages import shipped
from tscreen.screen.inputs import reading
from tscreen.screen.runs.run import run

data, out, rows, cores, search_s = sys.argv[1:]

class NoEnergies(EnergyStage):
    def make(self, shared):
        return lambda table: table

class Wait(RefineStage):
    def make(self, shared):
        return self.wait

    def wait(self, table):
        time.sleep(self.timeout_s * len(table))
        return table

reading.ROWS_WANTED = int(rows)  # else so few rows had chunks of four
ray.init(address="local", num_cpus=int(cores), include_dashboard=False, log_to_driver=False)
settings = Settings(input=data, out=out, limit=int(rows), samples=1, steps=1)
idle = NoEnergies(None, 300.0), Wait("none", float(search_s), None, 300.0)
stages = replace(shipped(settings), energies=idle[0], refine=idle[1])
print(run(settings, Show(), stages).times_s.screening)
"""


def seconds(options: argparse.Namespace, cores: int) -> float:
    """Of one chunk on so many cores."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = (options.data, f"{folder}/out", options.rows, cores, options.search_s)
        command = [sys.executable, "-c", RUN, *map(str, chosen)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return float(done.stdout.split()[-1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--search-s", type=float, default=3.0)
    options = parser.parse_args()
    one, two = (seconds(options, cores) for cores in (1, 2))
    print(f"{options.rows} rows: {one:.1f} s on one worker, {two:.1f} s on two ({one / two:.2f} x)")


if __name__ == "__main__":
    main()

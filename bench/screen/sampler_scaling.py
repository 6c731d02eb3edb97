"""How two sampler actors compare with one.

    python bench/screen/sampler_scaling.py gdb7_22_ts.parquet \
        [--reactions 640] [--samples 40] [--steps 1]

Each run has a Ray of its own with so many cores and as many sampler actors of one thread, one run
after the other on the same machine, without energies. Prints reactions per second while screening,
start-up left out, and their ratio, beside the same of as many processes of the bare sampler, which
tells what the machine itself allows.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from bare_sampler import bare_rate

CHILD = """
import sys
import ray
from tscreen.screen.engine.progress import Show
from tscreen.screen.runs.run import run
from tscreen.screen.engine.settings import Settings

data, out, actors, limit, samples, steps = sys.argv[1:]
ray.init(address="local", num_cpus=int(actors), include_dashboard=False, log_to_driver=False)
settings = Settings(
    input=data, out=out, workers=int(actors), limit=int(limit),
    samples=int(samples), steps=int(steps), energies=False,
)
print(run(settings, Show()).reactions_per_s)
"""


def speed(actors: int, options: argparse.Namespace) -> float:
    """Reactions per second with so many actors."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = (options.data, f"{folder}/out", actors)
        counts = (options.reactions, options.samples, options.steps)
        command = [sys.executable, "-c", CHILD, *map(str, (*chosen, *counts))]
        return float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def main() -> None:
    """Measure one and two, twice in turn, and print the better of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--reactions", type=int, default=640)
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--steps", type=int, default=1)
    options = parser.parse_args()
    counts = (options.reactions, options.samples, options.steps)
    found: dict[int, float] = {}
    bare: dict[int, float] = {}
    for actors in (1, 2, 1, 2):
        found[actors] = max(found.get(actors, 0.0), speed(actors, options))
        bare[actors] = max(bare.get(actors, 0.0), bare_rate(options.data, *counts, actors))
    for actors, rate in found.items():
        print(
            f"{actors} actor(s) {rate:7.2f} reactions/s  ratio {rate / found[1]:.2f}  bare "
            f"{bare[actors]:7.2f} reactions/s  ratio {bare[actors] / bare[1]:.2f}"
        )


if __name__ == "__main__":
    main()

"""What the engine costs: the bare sampler against `tscreen run` on the same reactions.

    python bench/screen/engine_overhead.py DATA.parquet \
        [--reactions 2000] [--samples 40] [--steps 1]

Both sample the same chunks with the same weights, samples and steps, on all cores with one process
of one thread on each. The bare processes hold the model and the reactions in memory; the run
reads, validates, samples, writes and compacts, without energies (`--no-energies`).
Prints samples and reactions per second of both and their ratio: from the first reaction begun to
the last one written, and from the command's start to its end.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bare_sampler import bare_rate


def engine(options: argparse.Namespace) -> dict:
    """The report of a run of the command line."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-c", "from tscreen.screen.cli.main import main; main()"),
            *("run", str(options.data), "--out", f"{folder}/out", "--json"),
            *("--limit", str(options.reactions), "--samples", str(options.samples)),
            *("--steps", str(options.steps), "--no-energies"),
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
        if done.returncode not in (0, 1):
            sys.exit(f"{' '.join(command)} ended with {done.returncode}")
        return json.loads(done.stdout)


def main() -> None:
    """Measure both, one after the other, and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--reactions", type=int, default=2_000)
    parser.add_argument("--samples", type=int, default=40)
    parser.add_argument("--steps", type=int, default=1)
    options = parser.parse_args()
    report = engine(options)
    rate = bare_rate(
        options.data, options.reactions, options.samples, options.steps, os.cpu_count() or 1
    )
    n, times = report["counts"]["results"], report["times_s"]
    print(f"{n} reactions, {options.samples} samples of {options.steps} steps")
    print(f"bare sampler          {rate * options.samples:8.1f} samples/s  {rate:7.2f} reactions/s")
    for name, duration in (
        ("screening", times["screening"]),
        ("from start to end", times["total"]),
    ):
        print(
            f"run, {name:<17}{n / duration * options.samples:8.1f} samples/s  "
            f"{n / duration:7.2f} reactions/s  ratio {n / duration / rate:.2f}"
        )
    print(f"start-up {times['startup']:.1f} s, compaction {times['compaction']:.1f} s")


if __name__ == "__main__":
    main()

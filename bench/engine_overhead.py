"""What the engine costs: the bare sampler against `tscreen run` on the same reactions.

    python bench/engine_overhead.py DATA.parquet [--reactions 2000] [--samples 40] [--steps 1]

Both sample the same chunks with the same weights, samples and steps, on all cores. The bare
sampler is one process that holds the model and is handed reaction after reaction; the run reads,
validates, samples and writes, without energies (`--no-fallback --no-energies`), in its own
processes. Prints samples per second of the first, reactions per second of both, and their ratio,
once for the streaming part of the run and once with its start-up.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from actors.sampler import SamplerStage
from schemas.validate import validate
from screen.place import Place
from screen.reading import plan, read_chunk
from screen.run import BLOCK_ROWS


def bare(options: argparse.Namespace) -> float:
    """Seconds that the sampler alone needs, model and data already in memory."""
    stage = SamplerStage(n_samples=options.samples, steps=options.steps, seed=0)
    data = Place.at(options.data)
    chunks = plan(data, block_rows=BLOCK_ROWS, filter=None, limit=options.reactions).chunks
    tables = [
        validate(read_chunk(chunk), elements=stage.model.card.elements, max_atoms=100)
        for chunk in chunks
    ]
    stage(tables[0].slice(0, 2))  # first call pays for lazy initialisation
    start = time.perf_counter()
    for table in tables:
        stage(table)
    return time.perf_counter() - start


def engine(options: argparse.Namespace) -> dict:
    """The report of a run of the command line."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-c", "from screen.cli import main; main()"),
            *("run", str(options.data), "--out", f"{folder}/out", "--json"),
            *("--limit", str(options.reactions), "--samples", str(options.samples)),
            *("--steps", str(options.steps), "--no-fallback", "--no-energies"),
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
    torch.set_num_threads(os.cpu_count() or 1)

    seconds = bare(options)
    report = engine(options)
    n = report["counts"]["results"]
    times = report["times_s"]
    rate = n / seconds
    print(f"{n} reactions, {options.samples} samples of {options.steps} steps")
    print(f"bare sampler        {rate * options.samples:8.1f} samples/s  {rate:7.2f} reactions/s")
    for name, duration in (("screening", times["screening"]), ("with start-up", times["total"])):
        print(
            f"run, {name:<15}{n / duration * options.samples:8.1f} samples/s  "
            f"{n / duration:7.2f} reactions/s  ratio {n / duration / rate:.2f}"
        )
    print(f"start-up {times['startup']:.1f} s; {report['workers']['samplers']} sampler processes")


if __name__ == "__main__":
    main()

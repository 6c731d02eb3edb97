"""A cluster of eight nodes simulated on one machine: does work spread, does back-pressure hold?

    python bench/screen/simulated_cluster.py gdb7_22_ts.parquet \
        [--rows 4000] [--nodes 8] [--store-mib 80]

Starts a raylet for each node, with one core and a small object store each; what Ray counts as a
core is a fraction of a real one here. Samples reactions (the training reactions over and over with
new ids) with one sample of one step through actors of the engine, and lets them write more slowly
than they sample, so that rows would pile up if nothing held them back. Prints how many reactions
each node has sampled and how many it was slow with, what the object stores held at most and
spilled.
"""

import argparse
import os
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import ray
from object_store import watched
from ray.cluster_utils import Cluster
from replicated import write_replicated

from tscreen.actors.stages import EnergyStage, SampleStage
from tscreen.actors.workers.stage import Shared, Transform
from tscreen.schemas import columns as c
from tscreen.screen.dataset.output import read_results
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Refine, Settings
from tscreen.screen.engine.stages import shipped
from tscreen.screen.runs.run import run

MEBIBYTE = 2**20


class Signed(SampleStage):
    """A sampler that leaves the name of its node in the place of the model's version."""

    def make(self, shared: Shared) -> Transform:
        """Sample and sign."""
        sample = super().make(shared)
        return lambda table: signed(sample(table), [])


@dataclass(frozen=True)
class Slow(EnergyStage):
    """In the place of xTB: takes its time, while others bring it more than it can do."""

    seconds: float

    def make(self, _shared: Shared) -> Transform:
        """Wait, and sign after the sampler's name."""
        return self.wait

    def wait(self, table: pa.Table) -> pa.Table:
        """The table, late and signed."""
        time.sleep(self.seconds)
        return signed(table, table[c.MODEL_VERSION].to_pylist())


def signed(table: pa.Table, earlier: list[str]) -> pa.Table:
    """The table with this node's name in the place of the model's version, after earlier names."""
    node = ray.get_runtime_context().get_node_id()
    names = [f"{name} {node}" for name in earlier] or [node] * len(table)
    place = table.column_names.index(c.MODEL_VERSION)
    return table.set_column(place, c.MODEL_VERSION, pa.array(names, pa.string()))


def main() -> None:
    """Run on the simulated cluster and print who did what."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--nodes", type=int, default=8)
    parser.add_argument("--store-mib", type=int, default=80)
    parser.add_argument("--slow-s", type=float, default=2.0, help="Of the last stage, per chunk.")
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    )
    node = {"num_cpus": 1, "object_store_memory": options.store_mib * MEBIBYTE}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    for _ in range(options.nodes - 1):
        cluster.add_node(**node)
    cluster.wait_for_nodes()
    ray.init(address=cluster.address, log_to_driver=False)
    with tempfile.TemporaryDirectory() as folder:
        reactions = Path(folder, "in.parquet")
        write_replicated(options.data, options.rows, reactions)
        settings = Settings(
            input=reactions, out=f"{folder}/out", samples=1, steps=1, refine=Refine.NONE
        )
        stages = shipped(settings)
        stages = replace(
            stages,
            sample=Signed(**vars(stages.sample)),
            energies=Slow(None, settings.temperature, options.slow_s),
        )
        with watched() as held:
            report = run(settings, Show(), stages)
        names = read_results(settings.out).collect()[c.MODEL_VERSION].str.split(" ")
    sampled, slow = Counter(names.list.first()), Counter(names.list.last())
    for name in sorted({*sampled, *slow}, key=lambda name: -sampled[name]):
        print(f"node {name[:8]}  {sampled[name]:5d} sampled  {slow[name]:5d} slow")
    print(
        f"{report.counts.results} reactions on {len({*sampled, *slow})} of {options.nodes} "
        f"nodes, {report.reactions_per_s:.1f} reactions/s; object stores held "
        f"{held.most / MEBIBYTE:.1f} MiB at most, spilled {held.spilled / MEBIBYTE:.1f}"
    )


if __name__ == "__main__":
    main()

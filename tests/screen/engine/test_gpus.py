"""What Ray makes of GPUs: it is told of one, whether there is one or not."""

import json
import subprocess
import sys

import pyarrow.parquet as pq
from conftest import STARTS_RAY, reaction_row, reaction_table
from polars.testing import assert_frame_equal

from tscreen.schemas import columns as c
from tscreen.screen.dataset.output import read_results

DRIVER = """
import json, sys
import ray
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Settings
from tscreen.screen.runs.run import run

data, out = sys.argv[1:]
ray.init(address="local", num_cpus=2, num_gpus=1, include_dashboard=False, log_to_driver=False)
for share in (0.5, 0.0):
    settings = Settings(input=data, out=f"{out}/{share}", gpus_per_sampler=share, energies=False)
    print(json.dumps(run(settings, Show()).as_json()["workers"]))
"""


@STARTS_RAY
def test_samplers_that_share_a_gpu_do_what_those_on_processors_do(tmp_path):
    pq.write_table(
        reaction_table(*(reaction_row(name) for name in "abcdefgh")),
        tmp_path / "in.parquet",
    )
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, tmp_path / "in.parquet", tmp_path],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    shared, none = map(json.loads, done.stdout.splitlines())
    assert (shared["samplers"], shared["gpus"]) == (2, 0.5)
    assert none["gpus"] == 0
    on_gpu, on_cpu = (
        read_results(tmp_path / share)
        .select(c.REACTION_ID, c.TS_POSITIONS, c.STATUS)
        .sort(c.REACTION_ID)
        .collect()
        for share in ("0.5", "0.0")
    )
    assert on_gpu[c.STATUS].eq("generated").all()
    assert len(on_gpu) == 8
    assert_frame_equal(on_gpu, on_cpu, abs_tol=1e-2)

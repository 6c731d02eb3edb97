"""Runs on a cluster of several raylets that lose workers and machines, or meet a poisoned row.

What they write must be, row by row, what an undisturbed run writes.
"""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import reaction_row, reaction_table, worker_path
from standins import (
    ENERGIES,
    SAMPLE,
    Energies,
    MeanSampler,
    Played,
    Slow,
    Troubled,
    be_killed,
    find_no_memory,
    find_no_memory_for_five,
    hydrogens,
    standins,
    stumble,
)

from tscreen.screen.dataset.check import check
from tscreen.screen.dataset.output import read_rejects, read_results
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Settings
from tscreen.screen.engine.stages import Stages
from tscreen.screen.errors import BrokenOffError
from tscreen.screen.inputs import reading
from tscreen.screen.runs.run import run

N_ROWS = 150
VICTIM = "r071"
"""Has company in its chunk on both sides."""


@pytest.fixture(scope="module")
def cluster() -> Iterator:
    """A head and two more nodes, one core each."""
    import ray
    from ray.cluster_utils import Cluster

    nodes = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", worker_path(Path(__file__)), prepend=os.pathsep)
        patch.setattr(reading, "ROWS_WANTED", 32)  # else these few rows had chunks of four
        cluster = Cluster(initialize_head=True, head_node_args=nodes)
        for _ in range(2):
            cluster.add_node(num_cpus=1, object_store_memory=100_000_000)
        ray.init(address=cluster.address, log_to_driver=False)
        yield cluster
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture(scope="module")
def reactions(tmp_path_factory) -> Path:
    rows = [reaction_row(f"r{i:03}", **hydrogens(2 + 2 * (i % 3))) for i in range(N_ROWS)]
    path = tmp_path_factory.mktemp("faults") / "in.parquet"
    pq.write_table(reaction_table(*rows), path)
    return path


def stages() -> Stages:
    return replace(standins(), sample=Played(SAMPLE, partial(MeanSampler, 0, alike=True)))


def troubled(stage: str, trouble, once: Path | None = None) -> Stages:
    """The stages, one of which something happens to when it is given the victim."""
    played = getattr(stages(), stage)
    make = partial(Troubled, played.maker, trouble, VICTIM, once)
    return replace(stages(), **{stage: Played(played.role, make)})


def screened(reactions: Path, out: Path, stages: Stages) -> dict[str, dict]:
    """The results of a run that is whole, by their ids."""
    run(Settings(input=reactions, out=out, min_p_good=0.3), Show(), stages)
    assert check(out) == []
    return {row["reaction_id"]: row for row in read_results(out).collect().to_dicts()}


@pytest.fixture(scope="module")
def undisturbed(cluster, reactions) -> dict[str, dict]:
    rows = screened(reactions, reactions.parent / "undisturbed", stages())
    assert len(rows) == N_ROWS
    assert {row["status"] for row in rows.values()} == {"generated", "refined"}
    return rows


@pytest.mark.parametrize("stage", ["sample", "energies", "refine"])
def test_a_worker_that_is_killed_loses_nothing(undisturbed, reactions, tmp_path, stage):
    once = tmp_path / "killed"
    rows = screened(reactions, tmp_path / "out", troubled(stage, be_killed, once))
    assert once.exists()
    assert rows == undisturbed


def test_a_node_that_is_lost_loses_nothing(cluster, undisturbed, reactions, tmp_path):
    out = tmp_path / "out"
    node = cluster.add_node(num_cpus=1, object_store_memory=100_000_000)
    cluster.wait_for_nodes()
    lost: list[int] = []

    def lose_it() -> None:
        while not (out / "done").is_dir() or not any((out / "done").iterdir()):
            time.sleep(0.05)
        lost.append(len(list((out / "done").iterdir())))
        cluster.remove_node(node, allow_graceful=False)

    watcher = threading.Thread(target=lose_it, daemon=True)
    watcher.start()
    slow = replace(stages(), energies=Played(ENERGIES, partial(Slow, Energies, 1.0)))
    rows = screened(reactions, out, slow)
    watcher.join()
    assert lost[0] < 5, "the node was lost when all was done"
    assert rows == undisturbed


def test_a_batch_that_does_not_fit_is_halved(undisturbed, reactions, tmp_path):
    rows = screened(reactions, tmp_path / "out", troubled("sample", find_no_memory_for_five))
    assert rows == undisturbed


@pytest.mark.parametrize(
    ("trouble", "code", "sentence"),
    [
        (be_killed, "worker_died", "2 workers for 'sample' have died of it"),
        (find_no_memory, "out_of_memory", "no memory for it even alone"),
        (stumble, "stage_failed", "ValueError: a bug"),
    ],
)
def test_a_poisoned_row_is_rejected_and_its_mates_survive(
    undisturbed, reactions, tmp_path, trouble, code, sentence
):
    rows = screened(reactions, tmp_path / "out", troubled("sample", trouble))
    [reject] = read_rejects(tmp_path / "out").collect().to_dicts()
    assert (reject["reaction_id"], reject["code"]) == (VICTIM, code)
    assert VICTIM in reject["message"]
    assert sentence in reject["message"]
    assert rows == {name: row for name, row in undisturbed.items() if name != VICTIM}


def test_a_row_that_is_poison_for_xtb_keeps_its_transition_state(undisturbed, reactions, tmp_path):
    rows = screened(reactions, tmp_path / "out", troubled("energies", be_killed))
    victim = rows.pop(VICTIM)
    assert (victim["status"], victim["error_code"]) == ("failed", "worker_died")
    assert victim["ts_positions"] == undisturbed[VICTIM]["ts_positions"]
    assert victim["barrier_kcal_mol"] is None
    assert rows == {name: row for name, row in undisturbed.items() if name != VICTIM}


def test_a_stage_that_fails_on_every_row_ends_the_run(cluster, reactions, tmp_path):
    broken = replace(stages(), energies=Played(ENERGIES, lambda: stumble))
    with pytest.raises(BrokenOffError, match="ValueError: a bug"):
        screened(reactions, tmp_path / "out", broken)
    assert not (tmp_path / "out" / "run.json").exists()

"""Runs on a cluster of several raylets that lose workers and machines, or meet poisoned rows.

What they write must be, row by row, what an undisturbed run writes.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import STARTS_RAY, as_on_cores, find_stand_ins, reaction_row, reaction_table
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

pytestmark = STARTS_RAY

NODE = {"num_cpus": 1, "object_store_memory": 100_000_000, "include_dashboard": False}
HEALTH = {"RAY_health_check_period_ms": "1000", "RAY_health_check_timeout_ms": "4000"}
"""Ray gives a node up that has not answered five times; by itself it takes a minute for that."""
N_ROWS = 100
VICTIMS = ["r030", "r049", "r071", "r092"]
"""One of each chunk, with company on both sides."""


@pytest.fixture(scope="module")
def cluster() -> Iterator:
    """A head and another node, one core each."""
    import ray
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        find_stand_ins(patch)
        for name, value in HEALTH.items():
            patch.setenv(name, value)
        patch.setattr(reading, "ROWS_WANTED", 32)  # else these few rows had chunks of four
        cluster = Cluster(initialize_head=True, head_node_args=NODE)
        cluster.add_node(**NODE)
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


def troubled(once: Path | None = None, **troubles: dict) -> Stages:
    """The stages, to which something happens when they are given certain reactions."""
    played = {
        name: Played(stage.role, partial(Troubled, stage.maker, by_reaction, once))
        for name, by_reaction in troubles.items()
        for stage in [getattr(stages(), name)]
    }
    return replace(stages(), **played)


def screened(reactions: Path, out: Path, stages: Stages, engine: str = "ray") -> dict[str, dict]:
    """The results of a run that is whole, by their ids."""
    run(Settings(input=reactions, out=out, min_p_good=0.3, engine=engine), Show(), stages)
    assert check(out) == []
    return {row["reaction_id"]: row for row in read_results(out).collect().to_dicts()}


@pytest.fixture(scope="module")
def undisturbed(cluster, reactions) -> dict[str, dict]:
    rows = screened(reactions, reactions.parent / "undisturbed", stages(), engine="local")
    assert len(rows) == N_ROWS
    assert {row["status"] for row in rows.values()} == {"generated", "refined"}
    return rows


def test_workers_that_are_killed_lose_nothing(undisturbed, reactions, tmp_path, monkeypatch):
    as_on_cores(monkeypatch, 1)
    once = tmp_path / "killed"
    once.mkdir()
    victims = dict(zip(["sample", "energies", "refine"], VICTIMS, strict=False))
    troubles = {stage: {victim: be_killed} for stage, victim in victims.items()}
    rows = screened(reactions, tmp_path / "out", troubled(once, **troubles))
    assert {path.name for path in once.iterdir()} == set(victims.values())
    assert rows == undisturbed


def hang(node: Any) -> None:
    """Stop all processes of a node, which neither die nor answer from then on."""
    (raylet,) = node.all_processes["raylet"]
    waiting = [raylet.process.pid]
    while waiting:
        pid = waiting.pop()
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            os.kill(pid, signal.SIGSTOP)
            waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


@pytest.mark.parametrize("how", ["lost", "hangs"])
def test_a_node_that_is_lost_or_hangs_loses_nothing(cluster, undisturbed, reactions, tmp_path, how):
    out = tmp_path / "out"
    node = cluster.add_node(**NODE)
    cluster.wait_for_nodes()
    lost: list[int] = []

    def lose_it() -> None:
        while not (out / "done").is_dir() or not any((out / "done").iterdir()):
            time.sleep(0.05)
        lost.append(len(list((out / "done").iterdir())))
        if how == "lost":
            cluster.remove_node(node, allow_graceful=False)
        else:
            hang(node)

    watcher = threading.Thread(target=lose_it, daemon=True)
    watcher.start()
    slow = replace(stages(), energies=Played(ENERGIES, partial(Slow, Energies, 0.2)))
    rows = screened(reactions, out, slow)
    watcher.join()
    if how == "hangs":
        cluster.remove_node(node, allow_graceful=False)
    assert lost[0] < len(VICTIMS), "the node was lost when all was done"
    assert rows == undisturbed


def test_batches_that_do_not_fit_are_halved(undisturbed, reactions, tmp_path):
    too_large = troubled(sample=dict.fromkeys(VICTIMS[:3], find_no_memory_for_five))
    assert screened(reactions, tmp_path / "out", too_large, engine="local") == undisturbed


@pytest.fixture(scope="module")
def poisoned(undisturbed, reactions) -> Path:
    """A run in which something happens to one row of each chunk, whenever it is tried."""
    out = reactions.parent / "poisoned"
    sample = dict(zip(VICTIMS, [be_killed, find_no_memory, stumble], strict=False))
    with pytest.MonkeyPatch.context() as patch:
        as_on_cores(patch, 1)
        rows = screened(reactions, out, troubled(sample=sample, energies={VICTIMS[3]: be_killed}))
    kept = undisturbed.keys() - set(VICTIMS)
    assert {name: rows[name] for name in kept} == {name: undisturbed[name] for name in kept}
    assert rows.keys() - kept == {VICTIMS[3]}
    return out


@pytest.mark.parametrize(
    ("victim", "code", "sentence"),
    [
        (VICTIMS[0], "worker_died", "2 workers for 'sample' have died of it"),
        (VICTIMS[1], "out_of_memory", "no memory for it even alone"),
        (VICTIMS[2], "stage_failed", "ValueError: a bug"),
    ],
)
def test_a_poisoned_row_is_rejected_and_its_mates_survive(poisoned, victim, code, sentence):
    rejects = {row["reaction_id"]: row for row in read_rejects(poisoned).collect().to_dicts()}
    assert sorted(rejects) == VICTIMS[:3]
    assert rejects[victim]["code"] == code
    assert victim in rejects[victim]["message"]
    assert sentence in rejects[victim]["message"]


def test_a_row_that_is_poison_for_xtb_keeps_its_transition_state(poisoned, undisturbed):
    rows = {row["reaction_id"]: row for row in read_results(poisoned).collect().to_dicts()}
    victim = rows[VICTIMS[3]]
    assert (victim["status"], victim["error_code"]) == ("failed", "worker_died")
    assert victim["ts_positions"] == undisturbed[VICTIMS[3]]["ts_positions"]
    assert victim["barrier_kcal_mol"] is None


def test_a_stage_that_fails_on_every_row_ends_the_run(cluster, reactions, tmp_path, monkeypatch):
    as_on_cores(monkeypatch, 1)
    broken = replace(stages(), sample=Played(SAMPLE, lambda: stumble))
    with pytest.raises(BrokenOffError, match="ValueError: a bug"):
        screened(reactions, tmp_path / "out", broken)
    assert not (tmp_path / "out" / "run.json").exists()

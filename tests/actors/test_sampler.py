import threading
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
import torch
from conftest import reaction_row, reaction_table

from tscreen.actors.sampler import NO_MEMORY, Sampler
from tscreen.model.inference import generator
from tscreen.model.inference.defaults import Sampling
from tscreen.schemas import columns as c


def rows(*names: str) -> pa.Table:
    table = reaction_table(*(reaction_row(name) for name in names))
    return table.append_column(c.REJECT_CODE, pa.nulls(len(names), pa.string()))


@pytest.fixture(scope="module")
def stage() -> Sampler:
    return Sampler(Sampling(2, 1, 0), device="cpu")


def test_all_samples_are_kept_by_rank_where_asked_for_and_change_nothing_else():
    kept = Sampler(Sampling(6, 1, 0), device="cpu", keep=True)(rows("a", "b"))
    plain = Sampler(Sampling(6, 1, 0), device="cpu")(rows("a", "b"))
    assert c.SAMPLES not in plain.column_names
    for name in (c.TS_POSITIONS, c.P_GOOD, c.EXPECTED_RMSD):
        assert kept[name].equals(plain[name])
    for row in kept.to_pylist():
        assert len(row[c.SAMPLES]) == 6
        best = row[c.SAMPLES][0]
        assert best[c.SAMPLE_POSITIONS] == row[c.TS_POSITIONS]
        assert best[c.SAMPLE_P_GOOD] == row[c.P_GOOD]
        assert best[c.SAMPLE_EXPECTED_RMSD] == row[c.EXPECTED_RMSD]


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA"), *(RuntimeError(f"it says: {x}.") for x in NO_MEMORY)]
)
def test_a_device_without_memory_says_so_and_lets_go_of_what_filled_it(stage, monkeypatch, error):
    def full(*args, **kwargs):
        raise error

    monkeypatch.setattr("tscreen.actors.sampler.propose", full)
    with pytest.raises(MemoryError, match="2 reactions do not fit") as told:
        stage(rows("a", "b"))
    assert told.value.__context__ is None


def test_what_torch_really_says_when_the_memory_of_the_machine_does_not_suffice(stage, monkeypatch):
    monkeypatch.setattr("tscreen.actors.sampler.propose", lambda *_, **__: torch.empty(2**50))
    with pytest.raises(MemoryError):
        stage(rows("a"))


def test_other_errors_are_not_taken_for_a_lack_of_memory(stage, monkeypatch):
    def bug(*args, **kwargs):
        raise RuntimeError("shapes differ")

    monkeypatch.setattr("tscreen.actors.sampler.propose", bug)
    with pytest.raises(RuntimeError, match="shapes differ"):
        stage(rows("a"))


def test_one_thread_prepares_while_another_has_the_device(stage, monkeypatch):
    on_device, prepared = threading.Event(), threading.Event()
    work, prepare = generator._recommend, generator.prepare

    def slow(model, reactions, *args):
        if reactions[0].reaction_id == "first":
            on_device.set()
            assert prepared.wait(30), "the second thread did not get to prepare"
        return work(model, reactions, *args)

    def noted(reaction, *args):
        if reaction.reaction_id == "second":
            prepared.set()
        return prepare(reaction, *args)

    monkeypatch.setattr(generator, "_recommend", slow)
    monkeypatch.setattr(generator, "prepare", noted)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(stage, rows("first"))
        assert on_device.wait(30)
        second = threads.submit(stage, rows("second"))
        for future in (first, second):
            assert future.result(60)[c.TS_POSITIONS].null_count == 0


def test_a_row_with_an_element_that_the_weights_do_not_know_has_candidates_and_no_rating(stage):
    strange = {"atomic_numbers": [1, 14, 7], "multiplicity": 1}
    table = reaction_table(reaction_row("known"), reaction_row("strange", **strange))
    table = table.append_column(c.REJECT_CODE, pa.nulls(2, pa.string()))
    known, other = stage(table).to_pylist()
    assert (other[c.P_GOOD], other[c.EXPECTED_RMSD]) == (0.0, None)
    assert other[c.N_SAMPLES] == known[c.N_SAMPLES] == 2
    assert len(other[c.CANDIDATES]) >= 2  # a sample, and the middle between the sides
    assert known[c.EXPECTED_RMSD] > 0

"""The calls around CUDA graphs and their order, on a device that only notes them down."""

from contextlib import contextmanager

import pytest
import torch

from tscreen.model.training.captured.graphs import CudaGraphs, PlainCalls, runner_on


class Device:
    """Notes down what is asked of it; a graph is the work that was done while it was captured."""

    def __init__(self):
        self.notes: list[str] = []
        self.graphs = 0
        self.capturing: FakeGraph | None = None

    def work(self, name):
        def run():
            self.notes.append(f"{'capture' if self.capturing else 'do'} {name}")
            if self.capturing:
                self.capturing.name = name

        return run


class FakeGraph:
    device: Device

    def __init__(self):
        self.device.graphs += 1
        self.number = self.device.graphs
        self.name = ""

    def pool(self):
        return f"pool of {self.number}"

    def replay(self):
        self.device.notes.append(f"replay {self.name}")


class FakeStream:
    def __init__(self, device, name):
        self.device, self.name = device, name

    def wait_stream(self, other):
        self.device.notes.append(f"{self.name} waits for {other.name}")


@pytest.fixture
def device(monkeypatch):
    device = Device()

    @contextmanager
    def stream(chosen):
        device.notes.append(f"on {chosen.name}")
        yield
        device.notes.append(f"off {chosen.name}")

    @contextmanager
    def graph(captured, pool=None):
        device.notes.append(f"begin in {pool}")
        device.capturing = captured
        yield
        device.capturing = None

    monkeypatch.setattr(FakeGraph, "device", device, raising=False)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", FakeGraph)
    monkeypatch.setattr(torch.cuda, "Stream", lambda: FakeStream(device, "side"))
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: FakeStream(device, "main"))
    monkeypatch.setattr(torch.cuda, "stream", stream)
    monkeypatch.setattr(torch.cuda, "graph", graph)
    return device


def test_work_is_warmed_up_aside_and_captured_into_one_pool(device):
    runner = CudaGraphs()
    first, second = (runner.repeated(device.work(name)) for name in ("a", "b"))
    aside = ["side waits for main", "on side", "do {}", "off side", "main waits for side"]
    assert device.notes == [
        *(note.format("a") for note in aside),
        "begin in None",
        "capture a",
        *(note.format("b") for note in aside),
        "begin in pool of 1",
        "capture b",
    ]
    device.notes.clear()
    first()
    second()
    first()
    assert device.notes == ["replay a", "replay b", "replay a"]


def test_work_that_must_not_be_done_for_nothing_is_captured_after_its_first_call(device):
    run = CudaGraphs().repeated_after_once(device.work("a"))
    assert device.notes == []
    run()
    assert device.notes == ["do a", "begin in None", "capture a"]
    run()
    run()
    assert device.notes[3:] == ["replay a", "replay a"]


def test_only_a_gpu_has_graphs():
    assert isinstance(runner_on("cuda"), CudaGraphs)
    assert isinstance(runner_on("cpu"), PlainCalls)

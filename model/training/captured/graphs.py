"""How work that always has the same shapes is run again and again."""

from collections.abc import Callable
from typing import Protocol

import torch

Work = Callable[[], None]
"""Reads and writes tensors that stay where they are."""


class Runner(Protocol):
    """Turns work into what repeats it."""

    def repeated(self, work: Work) -> Work:
        """What repeats the work; that may already have been done, once, to warm up."""

    def repeated_after_once(self, work: Work) -> Work:
        """The same of work that must not be done for warming up: it is on its first call."""

    def wait(self) -> None:
        """Until the device has done what it was given."""


class CudaGraphs:
    """Captures work into CUDA graphs: the processor starts one instead of thousands of kernels."""

    def __init__(self) -> None:
        self._first: torch.cuda.CUDAGraph | None = None

    def repeated(self, work: Work) -> Work:
        """A graph of the work, after a warm-up on a stream beside.

        All graphs share one pool of memory, as they run in turn.
        """
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            work()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        pool = None if self._first is None else self._first.pool()
        with torch.cuda.graph(graph, pool=pool):
            work()
        self._first = self._first or graph
        return graph.replay

    def repeated_after_once(self, work: Work) -> Work:
        """Plain on the first call, after which a graph of it is captured."""
        graph: torch.cuda.CUDAGraph | None = None

        def run() -> None:
            nonlocal graph
            if graph is not None:
                graph.replay()
                return
            work()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                work()

        return run

    def wait(self) -> None:
        """See `Runner`."""
        torch.cuda.synchronize()


class PlainCalls:
    """Calls the work as it is."""

    def repeated(self, work: Work) -> Work:
        """The work."""
        return work

    def repeated_after_once(self, work: Work) -> Work:
        """The work."""
        return work

    def wait(self) -> None:
        """A call returns when it is done."""


def runner_on(device: str) -> Runner:
    """Graphs on a GPU."""
    return CudaGraphs() if device == "cuda" else PlainCalls()

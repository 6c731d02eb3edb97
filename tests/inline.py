"""Runs in this process, without Ray: what is written, and when, is the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from tscreen.actors.workers.stage import at_work
from tscreen.screen.engine.flow import Flow


class _Here:
    """Calls like those of an actor that nobody listens to."""

    def remote(self, *_: Any) -> None:
        """Does nothing."""


def _carry_out(flow: Flow, *_: Any) -> None:
    made = at_work(flow.stages)
    for table in flow.tables:
        parts = [table]
        for stage, transform in made:
            if stage.one_by_one:
                parts = [part.slice(row, 1) for part in parts for row in range(len(part))]
            parts = [transform(part) for part in parts]


@contextmanager
def _session(*_: Any) -> Iterator[dict[str, float]]:
    yield {"CPU": 1.0}


@contextmanager
def _followed(*_: Any) -> Iterator[tuple[Any, dict]]:
    yield SimpleNamespace(since=_Here(), note=_Here(), expect=_Here()), {}


@contextmanager
def without_ray() -> Iterator[None]:
    """Runs that are started in this context do without Ray."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tscreen.screen.runs.screening.ray_session", _session)
        patch.setattr("tscreen.screen.runs.screening.followed", _followed)
        patch.setattr("tscreen.screen.runs.pipeline.carry_out", _carry_out)
        patch.setattr("ray.get", lambda answer: answer)
        yield

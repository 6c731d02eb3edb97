import pytest
import ray
from standins import leave_at_once

from tscreen.screen.engine.session import ray_session
from tscreen.screen.errors import BrokenOffError


def test_a_ray_that_does_not_start_is_one_sentence(tmp_path, monkeypatch):
    def timed_out(**_: object) -> None:
        raise RuntimeError("The current node timed out during startup.\nMore lines.")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", timed_out)
    log = tmp_path / "ray.log"
    with (
        pytest.raises(
            BrokenOffError, match=r"did not start: The current node .* startup.*ray\.log"
        ),
        ray_session(None, log),
    ):
        pass


def test_a_worker_that_cannot_start_is_one_sentence(local_ray, tmp_path, monkeypatch):
    monkeypatch.setattr("tscreen.screen.engine.session._version", leave_at_once)
    with (
        pytest.raises(BrokenOffError, match=r"no worker of Ray can start: .*ray\.log"),
        ray_session(local_ray, tmp_path / "ray.log"),
    ):
        pass

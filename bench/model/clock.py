"""Where the time goes within one process."""

import time
from collections.abc import Callable

import torch


class Clock:
    """Wall time spent within chosen functions; waits for the device before it reads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def watch(self, name: str, function: Callable) -> Callable:
        """``function``, timed under ``name``."""

        def timed(*args: object, **kwargs: object) -> object:
            start = self.now()
            result = function(*args, **kwargs)
            self.seconds[name] = self.seconds.get(name, 0.0) + self.now() - start
            return result

        return timed

    @staticmethod
    def now() -> float:
        """Seconds, once the device has done what it was given."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return time.perf_counter()

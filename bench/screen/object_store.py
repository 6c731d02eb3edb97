"""What Ray's object stores hold while something runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LOOK_EVERY_S = 0.5


@dataclass
class Held:
    """Bytes in the object stores of all nodes together.

    Attributes:
        most: held at any time.
        spilled: written to disk because they did not fit.
    """

    most: int = 0
    spilled: int = 0


@contextmanager
def watched() -> Iterator[Held]:
    """Look again and again until the context ends; Ray must have been started."""
    import ray
    from ray._private.internal_api import get_memory_info_reply, get_state_from_address

    state = get_state_from_address(ray.get_runtime_context().gcs_address)
    held, over = Held(), threading.Event()

    def look() -> None:
        stats = get_memory_info_reply(state).store_stats
        held.most = max(held.most, stats.object_store_bytes_used)
        held.spilled = stats.spilled_bytes_total

    def watch() -> None:
        while not over.wait(LOOK_EVERY_S):
            look()

    look()  # what keeps it from looking is to be known now
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield held
    finally:
        over.set()
        watcher.join()

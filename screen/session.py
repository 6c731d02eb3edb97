"""Ray, started for one run and stopped after it."""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator

from screen.errors import UsageError

QUIET = {
    # Loopback instead of the address on the network (the name is Ray's).
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray's own processes warn of what is meant here: many small reservations, restarts.
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}


@contextlib.contextmanager
def ray_session(address: str | None) -> Iterator[dict[str, float]]:
    """Connect to a cluster, or start Ray on this machine alone; whoever is connected stays so.

    What Ray prints goes to the standard error, as the standard output is the report's.

    Args:
        address: of a running cluster, "auto" for the one that this machine belongs to.

    Yields:
        The resources of the cluster, such as `{"CPU": 8.0, "GPU": 1.0}`.

    Raises:
        UsageError: there is no cluster at the address.
    """
    if address is None:
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
    import ray
    import ray.data

    started = not ray.is_initialized()
    with contextlib.redirect_stdout(sys.stderr):
        try:
            if started and address is None:
                ray.init(
                    address="local",
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                )
            elif started:
                ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except ConnectionError as error:
            raise UsageError(f"no Ray cluster answers at --address {address}: {error}") from error
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        ray.data.DataContext.get_current().enable_progress_bars = False
        try:
            yield ray.cluster_resources()
        finally:
            if started:
                ray.shutdown()

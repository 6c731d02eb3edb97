"""An object store that speaks like S3, on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs


@contextmanager
def served(bucket: str, patch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A server with an empty bucket; yields the environment that leads to it, set here already."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    access = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in access.items():
        patch.setenv(name, value)
    files, name = fs.FileSystem.from_uri(f"s3://{bucket}?allow_bucket_creation=true")
    files.create_dir(name)
    yield access
    server.stop()

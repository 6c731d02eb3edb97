"""What tests need beside the project: a real browser, and an object store that speaks like S3."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--no-sandbox",  # in a container there are no rights to make one; the pages are our own
]


@contextmanager
def chromium() -> Iterator[Any]:
    """Chromium while this lasts; the test is skipped where there is none."""
    if not CHROMIUM:
        pytest.skip("needs a browser; `apt-get install chromium` brings one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def served(bucket: str, patch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """An object store with an empty bucket; yields the environment that leads to it, now set."""
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

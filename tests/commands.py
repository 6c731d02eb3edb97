"""The command line, in this process."""

import contextlib
import io
from dataclasses import dataclass
from unittest import mock

import pytest

from tscreen.screen.cli.main import main


@dataclass(frozen=True)
class Done:
    """What a command left."""

    returncode: int
    stdout: str
    stderr: str


def tscreen(*arguments: object) -> Done:
    """Run a command here, where what it imports is there already."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch("sys.argv", ["tscreen", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as stop,
    ):
        main()
    return Done(stop.value.code or 0, out.getvalue(), err.getvalue())

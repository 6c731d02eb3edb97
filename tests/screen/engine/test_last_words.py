"""A driver that dies without a word is spoken for."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

DRIVER = """
import os, sys
from pathlib import Path
from tscreen.screen.engine.cluster.last_words import last_words
with last_words(Path("/there/ray.log")):
    exec(sys.argv[1])
"""


def ended(how: str) -> tuple[int, str]:
    """The exit code and what is heard of a driver that ends in some way."""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, how],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("death", "code"), [("os._exit(1)", 1), ("os.kill(os.getpid(), 9)", -signal.SIGKILL)]
)
def test_a_death_without_a_word_is_one_sentence(death, code):
    returned, heard = ended(death)
    assert returned == code
    assert heard.startswith("tscreen: the run was ended from outside")
    assert heard.endswith("repeat the command to go on. More is in /there/ray.log\n")
    assert heard.count("\n") == 1


def test_one_that_ends_by_itself_says_what_it_has_to_say():
    assert ended("pass") == (0, "")
    code, heard = ended("raise ValueError('mine')")
    assert code == 1
    assert "mine" in heard
    assert "from outside" not in heard

"""The driver of an extension is killed: the same command ends with the same rows."""

import multiprocessing
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import as_on_cores, reaction_row, reaction_table
from polars.testing import assert_frame_equal
from standins import REFINE, Played, Slow, hydrogens, searching

from tscreen.screen.dataset.check import check
from tscreen.screen.dataset.output import read_candidates, read_results
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Retry, Settings
from tscreen.screen.engine.stages import Stages
from tscreen.screen.runs.extending import refine_rows
from tscreen.screen.runs.run import run

ROWS, MORE = 16, 32
HARD = tuple(f"r{number:02}" for number in range(ROWS))
SEARCH_S = 0.4
WITHIN_S = 400.0


def search_first(settings: Settings, stages: Stages) -> None:
    refine_rows(settings.out, Show(), stages, engine=settings.engine, address=settings.address)


def retry(settings: Settings, stages: Stages) -> None:
    run(settings, Show(), stages, retry=Retry.FAILED)


def add(settings: Settings, stages: Stages) -> None:
    run(settings, Show(), stages)


def slowly(extend: Callable[[Settings, Stages], None], settings: Settings) -> None:
    """A driver that can be killed before it comes to the end."""
    if settings.address:
        as_on_cores(pytest.MonkeyPatch(), 1)
    stages = searching(settings)
    refine = Played(REFINE, partial(Slow, stages.refine.maker, SEARCH_S))
    extend(settings, replace(stages, refine=refine))


def write_reactions(file: Path, n: int) -> None:
    rows = [reaction_row(f"r{i:02}", **hydrogens(2 + 2 * (i % 3)), rank=i) for i in range(n)]
    pq.write_table(reaction_table(*rows), file)


def killed_and_repeated(
    folder: Path,
    extend: Callable[[Settings, Stages], None],
    hard: tuple[str, ...] = (),
    more: int = ROWS,
    refine: str = "all",
    **driver: str,
) -> None:
    """Extend a run, whose driver is killed meanwhile, and compare it with one undisturbed."""
    write_reactions(folder / "in.parquet", ROWS)
    whole = Settings(
        input=folder / "in.parquet",
        out=folder / "whole",
        level="gfn2-xtb",
        refine=refine,
        engine="local",
    )
    run(whole, Show(), searching(whole, *hard))
    killed = replace(whole, out=folder / "killed", **driver)
    shutil.copytree(whole.out, killed.out)
    write_reactions(folder / "in.parquet", more)
    extend(whole, searching(whole))

    before = read_results(killed.out).collect()
    process = multiprocessing.get_context("spawn").Process(target=slowly, args=(extend, killed))
    process.start()
    deadline = time.monotonic() + WITHIN_S
    while not list(killed.out.glob("extension/done/*")):
        assert process.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.join()
    done = len(list(killed.out.glob("extension/done/*")))
    assert done < 4, "all was done when the driver was killed"
    assert check(killed.out) == []
    assert_frame_equal(read_results(killed.out).collect(), before)

    extend(killed, searching(killed))
    for read in (read_results, read_candidates):
        frames = (read(out).collect() for out in (killed.out, whole.out))
        assert_frame_equal(*frames, check_row_order=False)
    assert check(killed.out) == []
    assert not (killed.out / "extension").exists()


def test_a_search_whose_driver_is_killed_gives_the_same_rows(tmp_path):
    killed_and_repeated(tmp_path, search_first, refine="none")


def test_new_reactions_whose_driver_is_killed_give_the_same_rows(tmp_path):
    killed_and_repeated(tmp_path, add, more=MORE)


def test_a_second_search_whose_driver_on_ray_is_killed_gives_the_same_rows(local_ray, tmp_path):
    killed_and_repeated(tmp_path, retry, hard=HARD, engine="ray", address=local_ray)

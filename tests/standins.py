"""Light stages in place of the neural network and of xTB, as exact as those would be."""

import errno
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from tscreen.actors import stages as declared
from tscreen.actors.workers.cells import Answer, good_rows, write_answers
from tscreen.actors.workers.stage import Shared, Stage, Transform
from tscreen.model.inference.defaults import Sampling
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import reactions_of
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Settings
from tscreen.screen.engine.stages import Stages

ROWS_UNTIL_STUCK = 20

BUILD = declared.BuildStage(seed=0, max_atoms=100)
SAMPLE = declared.SampleStage(Sampling(1, 1, 0))
ENERGIES = declared.EnergyStage(weights=None, temperature=300.0)
REFINE = declared.RefineStage(level="none", timeout_s=1.0, weights=None, temperature=300.0)
"""What the stand-ins play."""


class Played(Stage):
    """A stage that somebody else plays: declared like `role`, made by `maker`."""

    def __init__(self, role: Stage, maker: Callable[[], Transform]):
        self.role, self.maker = role, maker
        self.name, self.resources, self.one_by_one = role.name, role.resources, role.one_by_one

    def make(self, _shared: Shared) -> Transform:
        return self.maker()

    def count(self, table: pa.Table) -> int:
        return self.role.count(table)


class MeanSampler:
    """Takes the mean of both sides for the transition state.

    The result also depends on which rows share a batch, as a network's last digits do, unless it
    is `alike` for all.
    """

    def __init__(self, seed: int, alike: bool = False):
        self.seed, self.alike = seed, alike

    def __call__(self, table: pa.Table) -> pa.Table:
        rows = good_rows(table)
        reactions = reactions_of(table.take(pa.array(rows, pa.int64())))
        batch = sum(len(r.reaction_id) * i for i, r in enumerate(reactions, 1)) % 97
        batch = 0 if self.alike else batch
        answers = [
            {
                c.TS_POSITIONS: (r.reactant_positions + r.product_positions) / 2 + batch,
                c.CANDIDATES: [((r.reactant_positions + r.product_positions) / 2).tolist()],
                c.EXPECTED_RMSD: 0.1,
                c.P_GOOD: certainty(r.reaction_id),
                c.SAMPLE_SPREAD: 0.0,
                c.N_SAMPLES: 1 if self.alike else len(table),
                c.SEED: self.seed,
                c.MODEL_VERSION: "stand-in",
                c.STATUS: "generated",
                c.SAMPLE_S: 0.25,
            }
            for r in reactions
        ]
        return write_answers(table, rows, answers, declared.SampleStage.gives)


def certainty(reaction_id: str) -> float:
    """A `p_good` in tenths, so that many reactions are equally certain."""
    return sum(reaction_id.encode()) % 10 / 10


class Energies:
    """The barrier is the number of atoms; a reaction called 'hopeless' has none."""

    def __call__(self, table: pa.Table) -> pa.Table:
        rows = good_rows(table, c.TS_POSITIONS)
        names = table[c.REACTION_ID].to_pylist()
        atoms = table[c.ATOMIC_NUMBERS].to_pylist()
        answers = [
            {c.STATUS: "failed", c.ERROR_CODE: "xtb_scf", c.ERROR_MESSAGE: "no", c.XTB_WALL_S: 0.5}
            if names[row] == "hopeless"
            else {
                c.BARRIER: float(len(atoms[row])),
                c.BARRIER_ML: float(len(atoms[row])),
                c.BARRIER_ML_LEVEL: "stand-in",
                c.XTB_WALL_S: 0.5,
            }
            for row in rows
        ]
        predicted = (c.BARRIER_ML, c.BARRIER_ML_LEVEL)
        return write_answers(table, rows, answers, (c.BARRIER, *predicted, *c.ERROR, c.XTB_WALL_S))


class Replacing(Energies):
    """Takes another file for the input, once that is read."""

    def __init__(self, reactions: Path):
        self.reactions = reactions

    def __call__(self, table: pa.Table) -> pa.Table:
        self.reactions.write_bytes(b"another")
        return super().__call__(table)


class Refining:
    """Finds every saddle point at once."""

    def __call__(self, table: pa.Table) -> pa.Table:
        marks = table[c.NEEDS_SEARCH].to_pylist()
        rows = [row for row in good_rows(table, c.CANDIDATES) if marks[row]]
        answers = [{c.STATUS: "refined", c.N_IMAGINARY: 1, c.XTB_WALL_S: 1.0} for _ in rows]
        return write_answers(table, rows, answers, (c.STATUS, c.N_IMAGINARY, c.XTB_WALL_S))


class Searching:
    """Finds a saddle point of every reaction but some, whose time is up."""

    def __init__(self, settings: Settings, hard: tuple[str, ...], uses: Path | None = None):
        self.asked = {c.SEARCH_EFFORT: settings.effort, c.SEARCH_LEVEL: settings.level}
        self.hard, self.uses = hard, uses

    def __call__(self, table: pa.Table) -> pa.Table:
        marks = table[c.NEEDS_SEARCH].to_pylist()
        rows = [row for row in good_rows(table, c.CANDIDATES) if marks[row]]
        answers = [self._answer(table[c.REACTION_ID][row].as_py()) for row in rows]
        return write_answers(table, rows, answers, (*c.ERROR, *c.SEARCHED, c.SADDLE_POINTS))

    def _answer(self, name: str) -> Answer:
        if self.uses is not None:
            with self.uses.open("a") as file:
                file.write(f"{name}\n")
        if name in self.hard:
            verdict = {c.STATUS: "failed", c.ERROR_CODE: "xtb_timeout", c.ERROR_MESSAGE: "slow"}
            return self.asked | verdict
        saddle = dict.fromkeys(c.FOUND) | {c.FOUND_BY: str(self.asked[c.SEARCH_EFFORT])}
        found = {c.STATUS: "refined", c.ERROR_CODE: None, c.ERROR_MESSAGE: None}
        return self.asked | found | {c.SADDLE_POINTS: [saddle]}


class StuckRefining(Refining):
    """Refines some rows and then never comes back."""

    def __init__(self, uses: Path):
        self.uses = uses

    def __call__(self, table: pa.Table) -> pa.Table:
        with self.uses.open("a") as file:
            file.write(".")
        while self.uses.stat().st_size > ROWS_UNTIL_STUCK:
            time.sleep(1)
        return super().__call__(table)


class FullDisk(Refining):
    """Cannot write any more."""

    def __call__(self, table: pa.Table) -> pa.Table:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Troubled:
    """A stage that something happens to when it is given certain reactions.

    Args:
        make: makes the stage.
        troubles: what happens, by the id of the reaction.
        once: a folder that says what has happened, where it is to happen a first time alone.
    """

    def __init__(
        self,
        make: Callable[[], Transform],
        troubles: dict[str, Transform],
        once: Path | None = None,
    ):
        self.stage, self.troubles, self.once = make(), troubles, once

    def __call__(self, table: pa.Table) -> pa.Table:
        for row in good_rows(table):
            name = table[c.REACTION_ID][row].as_py()
            if name in self.troubles and not (self.once and (self.once / name).exists()):
                if self.once:
                    (self.once / name).touch()
                self.troubles[name](table)
        return self.stage(table)


def be_killed(table: pa.Table) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def find_no_memory_for_five(table: pa.Table) -> None:
    if len(table) >= 5:
        raise MemoryError


def find_no_memory(table: pa.Table) -> None:
    raise MemoryError


def stumble(table: pa.Table) -> None:
    raise ValueError("a bug")


def leave_at_once() -> None:
    os._exit(1)


class Slow:
    """A stage that takes its time."""

    def __init__(self, make: Callable[[], Transform], seconds: float):
        self.stage, self.seconds = make(), seconds

    def __call__(self, table: pa.Table) -> pa.Table:
        time.sleep(self.seconds)
        return self.stage(table)


def no_structures(table: pa.Table) -> pa.Table:
    """Rejects every reaction that comes as SMILES."""
    rows = good_rows(table, c.SMILES) if c.SMILES in table.column_names else []
    verdict = {c.REJECT_CODE: "bad_smiles", c.REJECT_MESSAGE: "these stages build nothing"}
    return write_answers(table, rows, [verdict] * len(rows), tuple(verdict))


def standins(seed: int = 0, stuck: Path | None = None) -> Stages:
    """All stages; with `stuck`, a file's path, only some rows are refined."""
    return Stages(
        build=Played(BUILD, lambda: no_structures),
        sample=Played(SAMPLE, partial(MeanSampler, seed)),
        energies=Played(ENERGIES, Energies),
        refine=Played(REFINE, partial(StuckRefining, stuck) if stuck else Refining),
        weights={"version": "stand-in", "sha256": "0" * 64},
    )


def searching(settings: Settings, *hard: str, uses: Path | None = None) -> Stages:
    """All stages, of which some reactions are too much for the last."""
    refine = Played(REFINE, partial(Searching, settings, hard, uses))
    return replace(standins(settings.seed), refine=refine)


def run_until_stuck(settings: Settings, uses: Path) -> None:
    """A driver that does not get to the end, to be killed."""
    # Not at the top: every worker imports this file.
    import pytest
    from conftest import as_on_cores

    from tscreen.screen.runs.run import run

    if settings.address:
        as_on_cores(pytest.MonkeyPatch(), 1)
    run(settings, Show(), standins(settings.seed, stuck=uses))


def chain(n: int) -> list[list[float]]:
    """A straight chain of n atoms, 1 Angstrom apart."""
    return [[float(i), 0.0, 0.0] for i in range(n)]


def hydrogens(n: int) -> dict[str, object]:
    """The cells of a reaction of n (even) hydrogen atoms."""
    return {
        "atomic_numbers": [1] * n,
        "reactant_positions": chain(n),
        "product_positions": (np.array(chain(n)) * 1.5).tolist(),
        "reactant_fragments": [0] * n,
        "product_fragments": [0] * n,
    }

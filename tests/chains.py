"""Straight chains in place of the structures of a sweep."""

import time
from functools import partial
from pathlib import Path

import pyarrow as pa
from standins import chain

from tscreen.actors.smiles.mapping import parse_reaction
from tscreen.actors.workers.cells import good_rows, write_answers
from tscreen.actors.workers.stage import Transform
from tscreen.schemas import columns as c


def wait_for_a_part(folder: Path) -> None:
    end = time.monotonic() + 300
    while not any(folder.glob("part-*")) and time.monotonic() < end:
        time.sleep(0.1)


def build_chains(table: pa.Table, log: Path, breaks: bool) -> pa.Table:
    """Straight chains in place of structures; notes each, and may break down at a second chunk."""
    if breaks and log.exists():  # once the first is written, by what lies in no row
        wait_for_a_part(log.parent / "r.parquet.parts")
        raise OSError("no space left on device")
    rows = good_rows(table)
    answers = []
    for row in rows:
        name = table[c.REACTION_ID][row].as_py()
        with log.open("a") as file:
            file.write(name + "\n")
        reaction = parse_reaction(table[c.SMILES][row].as_py())
        n = len(reaction.numbers)
        sides = dict.fromkeys((c.REACTANT_POSITIONS, c.PRODUCT_POSITIONS), chain(n))
        fragments = dict.fromkeys((c.REACTANT_FRAGMENTS, c.PRODUCT_FRAGMENTS), [0] * n)
        cells = {c.ATOMIC_NUMBERS: reaction.numbers, c.CHARGE: 0, c.MULTIPLICITY: 1}
        answers.append(cells | sides | fragments)
    return write_answers(table, rows, answers, (*c.STRUCTURE, c.CHARGE, c.MULTIPLICITY, *c.STATES))


def builder(log: Path, breaks: bool = False) -> Transform:
    return partial(build_chains, log=log, breaks=breaks)

"""What a program of quantum chemistry is to do for one reaction, as `job.json` holds it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from tscreen.actors.quantum.sides import molecules, sides_of
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, reactions_of
from tscreen.schemas.tables import REACTION_FIELDS

JOB = "job.json"
SADDLE = "ts"
REACTANT, PRODUCT = "reactant", "product"


class Kind(StrEnum):
    """What a step comes to."""

    SADDLE = "saddle"  # the TS, optimised, with its vibrations
    FORWARD = "forward"  # the end of the path down from it along the imaginary mode
    REVERSE = "reverse"  # and against it
    MINIMUM = "minimum"  # a molecule of a side, optimised, with its vibrations


@dataclass(frozen=True)
class Step:
    """One calculation on M atoms of a reaction.

    Attributes:
        name: of its files, without a suffix.
        kind: of calculation.
        atoms: numbers of the atoms (M,) within the reaction, in the order of the calculation.
        charge: of these.
        multiplicity: of these.
        positions: to start from (M, 3), Å.
    """

    name: str
    kind: Kind
    atoms: list[int]
    charge: int
    multiplicity: int
    positions: list[list[float]]

    @property
    def side(self) -> str:
        """That a molecule belongs to."""
        return self.name.partition("-")[0]


@dataclass(frozen=True)
class Job:
    """All steps for one reaction of N atoms.

    Attributes:
        program: that they are written for.
        level: of theory, `METHOD/BASIS`.
        mode: displacements (N, 3) along the imaginary mode at the start, None where not known.
        steps: in the order in which they are done: the TS, the ways down from it, the molecules.
        row: cells of the reaction, by their columns.
    """

    program: str
    level: str
    mode: list[list[float]] | None
    steps: list[Step]
    row: dict[str, Any]

    @property
    def reaction(self) -> Reaction:
        """The reaction as it was screened."""
        [found] = reactions_of(pa.Table.from_pylist([self.row], REACTION_FIELDS))
        return found

    @property
    def saddle(self) -> Step:
        """The step that optimises the TS."""
        return self.steps[0]

    def numbers(self, step: Step) -> np.ndarray:
        """Atomic numbers (M,) of a step."""
        return self.reaction.atomic_numbers[step.atoms]

    def molecules(self, side: str) -> list[Step]:
        """The steps that optimise the molecules of a side."""
        return [step for step in self.steps if step.kind is Kind.MINIMUM and step.side == side]

    def as_json(self) -> str:
        """The job as it is written."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_json(cls, text: bytes | str) -> "Job":
        """The job as it was written.

        Raises:
            ValueError: it is no job, or one of another version.
        """
        try:
            return TypeAdapter(cls).validate_json(text)
        except ValidationError as error:
            raise ValueError(error.errors()[0]["msg"]) from error


def job_of(
    reaction: Reaction, ts: np.ndarray, mode: np.ndarray | None, program: str, level: str
) -> Job:
    """The job for a reaction of N atoms.

    Args:
        reaction: the reaction.
        ts: its transition state (N, 3), Å.
        mode: (N, 3), the imaginary mode of the TS if it is known.
        program: name of the program.
        level: of theory.

    Raises:
        CalculationError: charge or spin cannot be handed out to the molecules of a side, which
            takes energies by GFN2-xTB where there is a choice.
    """
    r = reaction
    whole = list(range(len(r.atomic_numbers)))
    kinds = {SADDLE: Kind.SADDLE, "irc-forward": Kind.FORWARD, "irc-reverse": Kind.REVERSE}
    steps = [
        Step(name, kind, whole, r.charge, r.multiplicity, np.asarray(ts, float).tolist())
        for name, kind in kinds.items()
    ]
    row = {name: np.asarray(getattr(r, name)).tolist() for name in c.REQUIRED}
    known = None if mode is None else np.asarray(mode, float).tolist()
    return Job(program, level, known, [*steps, *_molecules(reaction)], row)


def _molecules(reaction: Reaction) -> Iterator[Step]:
    for name, side in zip((REACTANT, PRODUCT), sides_of(reaction), strict=True):
        parts = [np.flatnonzero(side.fragments == part) for part in np.unique(side.fragments)]
        for number, (atoms, molecule) in enumerate(zip(parts, molecules(side), strict=True), 1):
            yield Step(
                f"{name}-{number}",
                Kind.MINIMUM,
                atoms.tolist(),
                molecule.charge,
                molecule.multiplicity,
                np.asarray(molecule.positions, float).tolist(),
            )

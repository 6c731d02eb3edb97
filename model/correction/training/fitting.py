"""From labelled reactions to a committee on disk."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, wait
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tscreen.model.correction.card import CorrectedLevel, CorrectionCard
from tscreen.model.correction.committee import Committee
from tscreen.model.correction.training.calibration import LEAST_STRUCTURES, fit_error
from tscreen.model.correction.training.continuing import begun_from, with_earlier
from tscreen.model.correction.training.saving import save_committee
from tscreen.model.correction.training.stationary import (
    Head,
    LabelledReaction,
    StationaryPoint,
    labelled,
    why_unusable,
)
from tscreen.model.correction.training.trainer import (
    CorrectionTrainer,
    member_errors,
)
from tscreen.model.inference.calibration import conformal_factor
from tscreen.model.reactions.data import (
    DataError,
    DataSplit,
    ReferenceReaction,
    by_table,
    calibrates,
)
from tscreen.model.training.fitting import Watch
from tscreen.model.weights.kinds import change_of
from tscreen.schemas import columns as c
from tscreen.schemas.units import KCAL_MOL

MEMBERS = 3
TOLD_EVERY_S = 1.0
LIMIT_QUANTILE, LIMIT_MARGIN = 0.99, 1.5
"""The members may disagree by so many times as much as they do on all but 1 % of unseen rows."""
LIMIT_OF_ERROR = 0.5
"""And by so much of what GFN2-xTB alone is off by there in the mean: they are the better still."""


@dataclass(frozen=True)
class CorrectionData:
    """Labelled reactions: to train on, held out, and for validation.

    The heads stand in the order of the tables; ``left_out`` says which rows are of no use, and why.
    """

    train: list[LabelledReaction]
    unseen: list[LabelledReaction]
    val: list[LabelledReaction]
    heads: list[Head]
    left_out: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, data: DataSplit, points: Mapping[str, Sequence[StationaryPoint]]
    ) -> "CorrectionData":
        """Join reactions and labels (by `reaction_id`); unusable ones are left out.

        The rows that are held out from the generator are held out here too: `unseen`.

        Raises:
            DataError: nothing is left to train on.
        """
        left_out: list[str] = []
        every = (data.train, data.held_out, data.val)
        parts = [_joined(rows, points, left_out) for rows in every]
        heads = list(dict.fromkeys(row.head for row in parts[0]))
        if not heads:
            raise DataError(
                "GFN2-xTB gave no forces for any of the training reactions, so its correction "
                "cannot be learnt; check the charges and multiplicities of the data"
            )
        train, unseen, val = ([row for row in part if row.head in heads] for part in parts)
        return cls(train, unseen, val, heads, left_out)


def _joined(
    rows: Sequence[ReferenceReaction],
    points: Mapping[str, Sequence[StationaryPoint]],
    left_out: list[str],
) -> list[LabelledReaction]:
    """Rows with their labels; those without any are told to ``left_out``."""
    found = []
    for row in rows:
        own, change = points[row.reaction_id], change_of(row.reaction)
        where = (row.reaction_id, row.table, row.level)
        one = labelled(*where, row.barrier, own, change, row.reaction_energy, has_ts=row.has_ts)
        if one is None:
            told = f"{row.table}: reaction {row.reaction_id!r}: {why_unusable(own)}"
            left_out.append(f"{told}; no correction is learnt of it")
        else:
            found.append(one)
    return found


def members_of(start: Committee | None) -> int:
    """How many networks are trained that begin with those of a committee, or anew."""
    return start.card.n_members if start else MEMBERS


def train_committee(
    data: CorrectionData,
    out: Path,
    *,
    minutes: float,
    seed: int = 0,
    start: Committee | None = None,
    pool: Executor | None = None,
    watch: Watch = lambda _name, _done: None,
) -> CorrectionCard:
    """Train the members, or go on where that was left; write the committee.

    In the processes of ``pool`` they are trained beside each other, as many minutes each; without
    it one after the other, and share the minutes.
    They begin with the members of ``start``, if there is one, whose other levels are kept.
    The limits of disagreement come from the unseen rows, by the members' opinions at their
    reference structures. What is said of refined structures is calibrated apart, see `refined`.
    """
    out.mkdir(parents=True, exist_ok=True)
    members = members_of(start)
    each = minutes if pool else minutes / members
    trainers = [_trainer(data, out, each, seed, start, member) for member in range(members)]
    if pool:
        _train_beside(pool, trainers, watch)
    else:
        for number, trainer in enumerate(trainers, 1):
            name = f"training the correction, {number} of {members}"
            trainer.train(on_step=partial(_tell, watch, name, trainer))
    return write_committee(trainers, data, out, start)


def _trainer(
    data: CorrectionData,
    out: Path,
    minutes: float,
    seed: int,
    start: Committee | None,
    member: int,
) -> CorrectionTrainer:
    """Of one member, where it was left."""
    trainer = CorrectionTrainer(
        data.train,
        data.val,
        data.heads,
        out,
        max_minutes=minutes,
        seed=seed + member,
        init=begun_from(start, member, data.heads) if start else None,
    )
    if trainer.checkpoint.exists():
        trainer.resume()
    return trainer


def _train_beside(pool: Executor, trainers: Sequence[CorrectionTrainer], watch: Watch) -> None:
    """Train each in a process of the pool and take up what that has left."""
    name = f"training the correction, {len(trainers)} networks beside each other"
    begun = min(trainer.budget_used for trainer in trainers)
    started, budget = time.monotonic(), 60 * trainers[0].max_minutes
    running = {pool.submit(CorrectionTrainer.train, trainer) for trainer in trainers}
    while running:
        done, running = wait(running, timeout=TOLD_EVERY_S, return_when=FIRST_EXCEPTION)
        for one in done:
            one.result()
        watch(name, min(1.0, begun + (time.monotonic() - started) / budget))
    for trainer in trainers:
        trainer.resume()


def _tell(watch: Watch, name: str, trainer: CorrectionTrainer) -> None:
    watch(name, trainer.budget_used)


def write_committee(
    trainers: Sequence[CorrectionTrainer],
    data: CorrectionData,
    out: Path,
    start: Committee | None = None,
) -> CorrectionCard:
    """Card and weights of trained members, with limits and figures, and the levels of ``start``."""
    networks = [trainer.averaged() for trainer in trainers]
    card = CorrectionCard(
        version="-".join(["delta", *(str(t.progress.step) for t in trainers)]),
        sha256="",
        network=asdict(networks[0].config),
        n_members=len(trainers),
        levels=[_level(index, head, data.train) for index, head in enumerate(data.heads)],
        training=_history(trainers, data),
        metrics={
            name: {"split": "val", **member_errors(networks, rows, data.heads)}
            for name, rows in by_table(data.val).items()
        },
    )
    members = [{k: x.numpy() for k, x in one.state_dict().items()} for one in networks]
    committee = Committee(card, [members])
    levels = [
        _with_error(
            _limited(committee, index, [row for row in data.unseen if row.head == head]),
            committee,
            [row for row in data.val if row.head == head],
        )
        for index, head in enumerate(data.heads)
    ]
    committee = replace(committee, card=replace(card, levels=levels))
    return save_committee(with_earlier(committee, start) if start else committee, out).card


def _level(index: int, head: Head, rows: Sequence[LabelledReaction]) -> CorrectedLevel:
    own = [row for row in rows if row.head == head]
    elements = frozenset(int(z) for row in own for z in row.ts.numbers)
    most = max(row.n_atoms for row in own)
    states = frozenset([(head.charge, head.multiplicity)])
    with_barrier = (row.change for row in own if np.isfinite(row.barrier))
    changes = dict(Counter(with_barrier).most_common())
    limits, vibrations = (np.inf, np.inf), head.level.endswith(c.WITH_ZERO_POINT)
    return CorrectedLevel(
        head.level,
        elements,
        most,
        states,
        *limits,
        output=index,
        vibrations=vibrations,
        changes=changes,
    )


def _limited(
    committee: Committee, index: int, unseen: Sequence[LabelledReaction]
) -> CorrectedLevel:
    """The level with its limits; without unseen rows, or with one member, there are none."""
    level = committee.card.levels[index]
    if not unseen or len(committee.members(index)) == 1:
        return level
    found = [opinions_of(committee, row, index) for row in unseen]
    spreads = [(force, barriers.std(ddof=1) / KCAL_MOL) for force, barriers in found]
    usual = LIMIT_MARGIN * np.quantile(spreads, LIMIT_QUANTILE, axis=0)
    forces = [row.ts.largest_force for row in unseen]
    barriers = [abs(row.barrier) / KCAL_MOL for row in unseen if np.isfinite(row.barrier)]
    # A table may have geometries alone.
    errors = np.mean(forces), np.mean(barriers) if barriers else 0.0
    force, barrier = np.maximum(usual, LIMIT_OF_ERROR * np.array(errors))
    return replace(level, force_limit=float(force), barrier_limit=float(barrier))


def _with_error(
    level: CorrectedLevel, committee: Committee, val: Sequence[LabelledReaction]
) -> CorrectedLevel:
    """The level with the errors of its energies, by the calibrating half of the validation rows.

    They are few where a level is new, so the barriers of refined rows may calibrate it later.
    """
    index = level.output
    mine = [row for row in val if calibrates(row.reaction_id)]
    level = replace(level, reaction_error=_reaction_error(committee, index, mine))
    rows = [row for row in mine if np.isfinite(row.barrier)]
    if len(rows) < LEAST_STRUCTURES or len(committee.members(index)) == 1:
        return level
    found = [opinions_of(committee, row, index)[1] for row in rows]
    errors = np.array([abs(one.mean() - row.barrier) for one, row in zip(found, rows, strict=True)])
    spreads = np.array([one.std(ddof=1) for one in found])
    return replace(level, barrier_error=fit_error(spreads / KCAL_MOL, errors / KCAL_MOL)._asdict())


def _reaction_error(committee: Committee, level: int, rows: Sequence[LabelledReaction]) -> float:
    """Of the electronic reaction energies, see `CorrectedLevel`; 0 where too few are known."""

    def electronic(points: Sequence[StationaryPoint]) -> float:
        said = (committee.opinion(p.numbers, p.positions, level).electronic for p in points)
        return float(sum(one.mean() for one in said))

    known = [row for row in rows if np.isfinite(row.reaction_energy)]
    if len(known) < LEAST_STRUCTURES:
        return 0.0
    told = [electronic(row.product) - electronic(row.reactant) for row in known]
    off = np.abs(np.array(told) - [row.reaction_energy for row in known]) / KCAL_MOL
    return conformal_factor(off, np.ones(len(off)))


def opinions_of(
    committee: Committee, row: LabelledReaction, level: int
) -> tuple[float, NDArray[np.float64]]:
    """Disagreement in a force at the reference TS, eV/Å, and each member's barrier (M,), eV.

    That is its correction of the barrier between the reference structures, as the row has it.
    """
    ts = committee.opinion(row.ts.numbers, row.ts.positions, level)
    of_reactant = [committee.opinion(one.numbers, one.positions, level) for one in row.reactant]
    barrier = ts.electronic - sum(one.electronic for one in of_reactant)
    if not row.electronic:
        barrier = barrier + ts.zero_point - sum(one.zero_point for one in of_reactant)
    return ts.force_spread, barrier


def _history(trainers: Sequence[CorrectionTrainer], data: CorrectionData) -> dict[str, Any]:
    return {
        "train_rows": {name: len(rows) for name, rows in by_table(data.train).items()},
        "train_rows_note": "GFN2-xTB's forces and energies at their TS and every molecule of "
        "both sides, and reference barriers",
        "unseen_rows": len(data.unseen),
        "unseen_rows_note": "training rows held out from generator and correction; they set the "
        "limits of disagreement",
        "val_rows": len(data.val),
        "steps": [trainer.progress.step for trainer in trainers],
        "epochs": [trainer.progress.epoch for trainer in trainers],
        "minutes": [round(trainer.progress.minutes, 1) for trainer in trainers],
        "seeds": [trainer.seed for trainer in trainers],
    }

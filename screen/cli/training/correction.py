"""`tscreen train --part correction`, and the correction's part of a training of all."""

from pathlib import Path
from typing import TYPE_CHECKING

from tscreen.model.correction.card import CARD as CORRECTION_CARD
from tscreen.model.weights import CARD, TENSORS
from tscreen.screen.cli.training.order import TrainingOrder
from tscreen.screen.cli.training.showing import CONSOLE, say_left_out, watching
from tscreen.screen.engine.progress import LogLines, Show
from tscreen.screen.errors import UsageError
from tscreen.screen.views.figures import correction_figures

if TYPE_CHECKING:
    from tscreen.model.correction.card import CorrectionCard
    from tscreen.model.reactions.data import DataSplit

LABELS = "gfn2-labels.parquet"
"""In the folder of a training run: GFN2-xTB at the stationary points of its rows."""


def train_alone(order: TrainingOrder) -> None:
    """Train the correction, beside the generator that it starts with.

    Raises:
        UsageError: Options or data are wrong.
    """
    from tscreen.model.correction.committee import load_committee
    from tscreen.model.reactions.data import DataError, load_split
    from tscreen.model.weights import WeightsError

    order.resume_only_if_begun("correction", any(order.out.glob("correction-*.pt")))
    try:
        if order.init:
            load_committee(order.start)
        split = load_split(order.data, any_structures=True)
    except (DataError, WeightsError) as error:
        raise UsageError(str(error)) from error
    say_left_out(split.left_out)
    order.complete(order.start, TENSORS, CARD)
    card = train(order, split, order.minutes, order.start if order.init else None)
    order.tell(card.version, card.metrics)


def init_of(order: TrainingOrder) -> Path | None:
    """The folder of weights to start from, None where no correction stands with them.

    Raises:
        WeightsError: The correction cannot be read.
    """
    from tscreen.model.correction.committee import load_committee

    if not order.init or not (order.start / CORRECTION_CARD).exists():
        return None
    load_committee(order.start)
    return order.start


def train(
    order: TrainingOrder, data: "DataSplit", minutes: float, init: Path | None
) -> "CorrectionCard":
    """Label the rows by GFN2-xTB, or take the labels of a run before; train and calibrate.

    Where the training starts from a correction, in the folder ``init``, second derivatives are of
    the surface that this one corrects.

    Raises:
        UsageError: No row is of use, or two reactions have the same name.
    """
    from tscreen.actors.labels import labels_of
    from tscreen.actors.quantum.levels import CORRECTED_LEVEL
    from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
    from tscreen.actors.workers.pools import calculating_pool
    from tscreen.model.correction.committee import load_committee
    from tscreen.model.correction.training.fitting import (
        CorrectionData,
        members_of,
        train_committee,
    )
    from tscreen.model.reactions.data import DataError
    from tscreen.screen.runs.calibrating import calibrate_correction

    with watching(order.quiet) as watch:
        try:
            points = labels_of(
                [*data.train, *data.held_out, *data.val],
                order.out / LABELS,
                order.threads,
                on_progress=lambda done: watch("GFN2-xTB at the reference structures", done),
                curved_on=Surface(CORRECTED_LEVEL, weights=init) if init else DEFAULT_SURFACE,
            )
            labelled = CorrectionData.of(data, points)
        except DataError as error:
            raise UsageError(str(error)) from error
        say_left_out(labelled.left_out)
        start = load_committee(init) if init else None
        with calculating_pool(members_of(start)) as pool:
            train_committee(
                labelled,
                order.out,
                minutes=minutes,
                seed=order.seed,
                start=start,
                pool=pool,
                watch=watch,
            )
    card = calibrate_correction(order.data, order.out, Show() if order.quiet else LogLines())
    if not order.quiet:
        CONSOLE.print(correction_figures(card))
    return card

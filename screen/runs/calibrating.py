"""Calibrates what is said of refined transition states, by a run on rows with known ones."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tscreen.actors.saddles.irc import STEPWISE
from tscreen.model.correction.card import (
    CorrectionCard,
    read_correction_card,
    write_correction_card,
)
from tscreen.model.correction.refined import RefinedView
from tscreen.model.correction.training.calibration import LEAST_ROWS, Refined, fit
from tscreen.model.correction.training.continuing import CALIBRATION_ROWS
from tscreen.model.evaluation.finished import off_reference
from tscreen.model.reactions.data import ReferenceReaction, load_split
from tscreen.model.weights import read_card
from tscreen.schemas import columns as c
from tscreen.schemas.status import Status
from tscreen.screen.dataset.output import read_results
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Refine, Settings
from tscreen.screen.runs.run import run

MAX_ATOMS = 36
"""Of a calibrating reaction: a search of a larger one takes minutes."""

GENERATED = "generated_positions"

Calibrating = dict[str, ReferenceReaction]


def calibrate_correction(tables: Sequence[Path], weights: Path, show: Show) -> CorrectionCard:
    """Refine the calibrating `val` rows of reference tables and write what that teaches.

    They are generated and refined in two runs, so that both structures are known. These lie in a
    folder of their own in ``weights/calibrating``, named by the hashes of correction and
    generator, and go on there where they were left.

    Args:
        tables: Parquet files with ``ts_positions`` and ``split``.
        weights: folder of generator, scorers and correction; its card gets the calibration.
        show: how progress is shown.

    Returns:
        The card as it is now written; as it was where no row calibrates.
    """
    rows = calibrating_rows(tables)
    card = read_correction_card(weights)
    assert card is not None, "only a correction is calibrated"
    if not rows:
        return card
    of_both = f"{card.sha256[:12]}-{read_card(weights).sha256[:12]}"
    out = weights / "calibrating" / of_both
    out.mkdir(parents=True, exist_ok=True)
    reactions = out / "reactions.parquet"
    if not reactions.exists():
        pq.write_table(_inputs(tables, rows), reactions)
    card = _uncalibrated(card, {row.level for row in rows.values()})
    write_correction_card(card, weights)  # what it says now must not decide what is refined
    generated, refined = (
        _results(Settings(input=reactions, out=out / effort, weights=weights, refine=effort), show)
        for effort in (Refine.NONE, Refine.ALL)
    )
    card = calibrated(card, rows, refined, generated)
    write_correction_card(card, weights)
    return card


def _results(settings: Settings, show: Show) -> pl.LazyFrame:
    run(settings, show)
    return read_results(settings.out)


def _uncalibrated(card: CorrectionCard, names: set[str]) -> CorrectionCard:
    """The card without the calibration of levels that are to have another one."""
    levels = [
        replace(level, calibration={}) if level.name in names else level for level in card.levels
    ]
    return replace(card, version=card.version.partition("+")[0], levels=levels)


def calibrating_rows(tables: Sequence[Path]) -> Calibrating:
    """The half of the validation rows that calibrates, by `reaction_id`."""
    rows = (row for row in load_split(tables, any_structures=True).val if row.has_ts)
    return {
        row.reaction_id: row for row in rows if row.calibrates and row.prepared.n_atoms <= MAX_ATOMS
    }


def _inputs(tables: Sequence[Path], rows: Calibrating) -> pa.Table:
    """The calibrating rows without what they are compared with."""
    wanted = pa.array(list(rows))
    parts = (pq.read_table(table, columns=list(c.REQUIRED)) for table in tables)
    return pa.concat_tables(
        part.filter(pc.is_in(part[c.REACTION_ID], value_set=wanted)) for part in parts
    )


def calibrated(
    card: CorrectionCard, rows: Calibrating, refined: pl.LazyFrame, generated: pl.LazyFrame
) -> CorrectionCard:
    """The card with a calibration for each level that enough results were refined at.

    Levels of which there are no ``rows`` keep the one that they have.
    """
    first = generated.select(c.REACTION_ID, pl.col(c.TS_POSITIONS).alias(GENERATED))
    frame = refined.filter(pl.col(c.STATUS) == Status.REFINED).join(first, on=c.REACTION_ID)
    known = [
        (cells[c.BARRIER_ML_LEVEL], _refined(cells, row), row.reaction)
        for cells in frame.collect().iter_rows(named=True)
        if (row := rows.get(cells[c.REACTION_ID]))
    ]
    levels = []
    for level in card.levels:
        found = [
            one
            for name, one, reaction in known
            if name == level.name and (reaction.charge, reaction.multiplicity) in level.states
        ]
        enough = len(found) >= LEAST_ROWS
        levels.append(replace(level, calibration=fit(found).content) if enough else level)
    asked = {row.level for row in rows.values()}
    names = [level.name for level in card.levels if level.name in asked]
    before = card.training.get(CALIBRATION_ROWS, {})
    counts = before | {name: sum(own == name for own, *_ in known) for name in names}
    note = "refined val rows whose hash of reaction_id is even, by level"
    training = {**card.training, CALIBRATION_ROWS: counts, "calibration_rows_note": note}
    version = f"{card.version.partition('+')[0]}+{sum(counts.values())}"
    return replace(card, version=version, levels=levels, training=training)


def _refined(cells: dict, row: ReferenceReaction) -> Refined:
    view = RefinedView(
        force_spread=cells[c.FORCE_DISAGREEMENT],
        barrier_spread=cells[c.BARRIER_DISAGREEMENT],
        moved=cells[c.REFINEMENT_RMSD],
        p_good=cells[c.GENERATED_P_GOOD],
        expected_rmsd=cells[c.EXPECTED_RMSD],
        route_length=len(cells[c.XTB_ROUTE].split(", ")),
        stepwise=cells[c.CONNECTS] == STEPWISE,
        frequency_cm1=cells[c.IMAGINARY_FREQUENCY],
        barrier=cells[c.BARRIER_ML],
        several_reactants=row.reaction.several_reactants,
        lower=cells[c.CONFORMER_GAIN] != 0,
    )
    reference = float("nan") if row.barrier is None else row.barrier
    comparable = reference if cells[c.BARRIER_ML_LEVEL] == row.level else float("nan")
    off, off_before = (
        off_reference(np.array(cells[name]), row) for name in (c.TS_POSITIONS, GENERATED)
    )
    return Refined(view, off, off_before, comparable)

"""The shipped correction gives the barriers that its card speaks of."""

import numpy as np
import pytest
from conftest import DATA

from tscreen.actors.labels import stationary_points
from tscreen.model.correction.committee import load_committee
from tscreen.model.correction.training.fitting import opinions_of
from tscreen.model.correction.training.stationary import labelled
from tscreen.model.reactions.data import load_reference
from tscreen.schemas.units import KCAL_MOL

ROWS, MOST_ATOMS = 12, 30


@pytest.mark.parametrize("table", ["gdb7_22_ts", "cyclo_23_ts"])
def test_barriers_at_reference_structures_are_as_far_off_as_the_card_says(table):
    path = DATA / f"{table}.parquet"
    if not path.exists():
        pytest.skip(f"needs {path.name}; set TSCREEN_DATA to the folder that holds it")
    committee = load_committee()
    names = [level.name for level in committee.card.levels]
    rows = [r for r in load_reference(path, "val").rows if r.prepared.n_atoms <= MOST_ATOMS]
    errors = []
    for row in rows[:ROWS]:
        points = stationary_points(row)
        found = labelled(row.reaction_id, table, row.level, row.barrier, points)
        if found is None:  # the charge is wrong
            continue
        _, barriers = opinions_of(committee, found, names.index(row.level))
        errors.append(abs(barriers.mean() - found.barrier) / KCAL_MOL)
    _, median = committee.card.metrics[table]["barrier"]
    assert np.median(errors) < 1.5 * median

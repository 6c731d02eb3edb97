"""Results of a run against references."""

from dataclasses import replace

import numpy as np
import pytest
from reactions import random_reaction
from scipy.spatial.transform import Rotation

from tscreen.model.evaluation.finished import Result, evaluate_finished, off_reference
from tscreen.model.evaluation.found import Standing
from tscreen.model.reactions.batch import prepare
from tscreen.model.reactions.data import ReferenceReaction

LEVEL = "level"


def reference(seed: int) -> ReferenceReaction:
    reaction = random_reaction(seed, n=6)
    middle = (reaction.reactant_positions + reaction.product_positions) / 2
    return ReferenceReaction(
        reaction, prepare(reaction, middle), split="val", barrier=30.0, level=LEVEL
    )


def result(row: ReferenceReaction, **changes) -> Result:
    """The very TS, turned and moved."""
    ts = row.prepared.ts
    assert ts is not None
    turned = ts @ Rotation.from_rotvec([0.3, 1.0, -2.0]).as_matrix().T + 4.0
    level = "GFN2-xTB//GFN2-xTB"
    found = Result("refined", turned, 0.9, 0.5, True, 31.0, 28.0, 34.0, LEVEL, level, np.nan)
    return replace(found, **changes)


@pytest.fixture(scope="module")
def rows() -> list[ReferenceReaction]:
    return [reference(seed) for seed in range(12)]


def test_a_turned_structure_has_no_deviation_and_its_mirror_image_has(rows):
    found = result(rows[0])
    assert off_reference(found.positions, rows[0]) < 1e-5
    assert off_reference(found.positions * [1, 1, -1], rows[0]) > 0.05


def test_statuses_and_shares_are_counted(rows):
    results = {row.reaction_id: result(row) for row in rows[:-1]}
    worse = rows[0].reaction_id
    results[worse] = replace(results[worse], status="failed", verified=False)
    found = evaluate_finished(rows, results)
    assert (found.n, found.missing) == (11, 1)
    assert found.status == {"failed": 1, "refined": 10}
    assert found.verified == pytest.approx(10 / 11)
    assert found.good == 1.0
    assert found.refined is not None
    assert found.refined.mean < 1e-5


def test_only_a_saddle_point_that_was_taken_counts_as_found_by_its_energy(rows):
    moved = {"positions": rows[0].prepared.ts * 1.5}
    results = {row.reaction_id: result(row) for row in rows[:3]}
    first, second, _ = results
    results[first] = replace(results[first], **moved)
    results[second] = replace(results[second], status="generated", **moved)
    assert evaluate_finished(rows[:3], results).found is None
    found = evaluate_finished(rows[:3], results, {first: -1.0, second: -1.0}).found
    assert found is not None
    shares = [found.share(one) for one in (Standing.NEAR, Standing.LOWER, Standing.UNVERIFIED)]
    assert shares == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert [found.standings[one].mae for one in (Standing.NEAR, Standing.LOWER)] == [1.0, 1.0]


def test_barriers_are_compared_at_their_own_level_alone(rows):
    results = {row.reaction_id: result(row) for row in rows}
    first, second, third = (row.reaction_id for row in rows[:3])
    results[first] = replace(results[first], barrier=np.nan)
    results[second] = replace(results[second], level="another")
    results[third] = replace(results[third], barrier=34.0, low=24.0, high=44.0)
    (barriers,) = evaluate_finished(rows, results).barriers.values()
    assert barriers.n == 10
    assert barriers.mae == pytest.approx((9 * 1.0 + 4.0) / 10)
    assert barriers.median == pytest.approx(1.0)
    assert barriers.computed_mae is None


def test_barriers_that_the_surface_has_computed_are_compared_apart(rows):
    results = {row.reaction_id: result(row) for row in rows[:4]}
    for name, computed in zip(results, (31.0, 29.0, 34.0, np.nan), strict=True):
        results[name] = replace(results[name], computed=computed)
    (barriers,) = evaluate_finished(rows, results).barriers.values()
    assert barriers.computed_mae == pytest.approx(2.0)
    assert barriers.computed_median == pytest.approx(1.0)
    assert barriers.mae == pytest.approx(1.0)
    assert barriers.mae_without_widest == pytest.approx(1.0)
    assert barriers.coverage == 1.0

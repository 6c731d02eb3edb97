from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import HCN, HNC

from tscreen.actors import labels
from tscreen.actors.labels import labels_of, stationary_points
from tscreen.actors.quantum.levels import CORRECTED_LEVEL
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface, energy
from tscreen.model.reactions.batch import prepare
from tscreen.model.reactions.data import DataError, ReferenceReaction
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction

TS = np.array([[1.1, 0.0, 0.2], [0.0, 0.0, 0.0], [0.0, 0.0, 1.18]], dtype=np.float32)
ZERO_POINT_OF_HCN = 0.435
"""eV, half of its harmonic wavenumbers, 3442, 2129 and twice 727 cm⁻¹ (Herzberg)."""


def reference(name: str = "r") -> ReferenceReaction:
    """HCN to HNC and, far away, a hydrogen molecule that stays as it is."""
    h2 = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.77]])
    numbers = np.array([1, 6, 7, 1, 1], np.uint8)
    sides = [np.concatenate([x, h2]).astype(np.float32) for x in (HCN, HNC)]
    fragments = np.array([0, 0, 0, 1, 1], np.uint8)
    reaction = Reaction(name, numbers, *sides, fragments, fragments, 0, 1)
    return ReferenceReaction(reaction, prepare(reaction, np.concatenate([TS, h2 + 9]).astype("f4")))


def test_every_molecule_gets_gfn2_of_its_own(monkeypatch):
    monkeypatch.setattr(labels, "fold_of", lambda *_: 1)
    points = stationary_points(reference())
    assert [p.role for p in points] == ["ts", "reactant", "reactant", "product", "product"]
    assert [len(p.numbers) for p in points] == [5, 3, 2, 3, 2]
    hcn = points[1]
    assert hcn.energy == pytest.approx(energy(hcn.numbers, hcn.positions), abs=1e-4)
    assert np.abs(points[0].forces).max() > 0.5
    assert all(p.softness is None and np.isnan(p.zero_point) for p in points)


def test_a_side_that_gfn2_has_relaxed_says_nothing():
    points = stationary_points(replace(reference(), relaxed_sides=("product",)))
    assert {p.role for p in points} == {"ts", "reactant"}


def test_it_does_where_its_minimum_is_known():
    minimum = reference().reaction.product_positions * 1.01
    row = replace(reference(), relaxed_sides=("product",), known_minima=(None, minimum))
    points = [point for point in stationary_points(row) if point.role == "product"]
    np.testing.assert_allclose(np.concatenate([p.positions for p in points]), minimum, atol=1e-6)


def test_some_reactions_get_curvatures(monkeypatch):
    monkeypatch.setattr(labels, "fold_of", lambda *_: 0)
    ts, hcn, h2, *products = stationary_points(reference())
    assert ts.softness is not None
    assert ts.softness.shape == (15, 15)
    np.testing.assert_allclose(ts.softness, ts.softness.T, atol=1e-5)
    # a shift of the whole is no Newton step
    assert np.abs(ts.softness @ np.tile([1.0, 0.0, 0.0], 5)).max() < 1e-4
    assert hcn.softness is None
    assert hcn.zero_point == pytest.approx(0.43, abs=0.05)  # eV, of HCN
    assert h2.zero_point == pytest.approx(0.27, abs=0.04)
    assert all(np.isnan(p.zero_point) for p in products)


def test_labels_are_computed_once(tmp_path, monkeypatch):
    cache = tmp_path / "labels.parquet"
    told: list[float] = []
    first = labels_of([reference("a")], cache, workers=1, on_progress=told.append)
    assert told == [1.0]
    again = labels_of([reference("a")], cache, workers=1, on_progress=told.append)
    assert told == [1.0]
    assert again["a"][1].energy == first["a"][1].energy


@pytest.mark.parametrize("changed", ["ts", "product"])
def test_labels_of_a_geometry_that_has_changed_are_computed_anew(changed, tmp_path):
    cache, row = tmp_path / "labels.parquet", reference("a")
    before = labels_of([row], cache, workers=1)["a"]
    if changed == "ts":
        other = replace(row, prepared=replace(row.prepared, ts=1.02 * row.prepared.ts))
    else:
        longer = 1.02 * row.reaction.product_positions
        other = replace(row, reaction=replace(row.reaction, product_positions=longer))
    after = labels_of([other], cache, workers=1)["a"]
    differ = {p.role for p, q in zip(before, after, strict=True) if p.energy != q.energy}
    assert differ == {changed}
    told: list[float] = []
    labels_of([other], cache, workers=1, on_progress=told.append)
    assert not told


def test_no_two_reactions_that_were_labelled_have_one_name():
    """They are trained on together."""
    tables = Path(__file__).parents[2].glob("bench/model/labels/*.parquet")
    names = [name for path in tables for name in pq.read_table(path)[c.REACTION_ID].to_pylist()]
    assert len(names) > 2000
    assert len(set(names)) == len(names)


def test_a_molecule_that_gfn2_cannot_do_is_nan():
    row = reference()
    wrong = replace(row.reaction, multiplicity=2)
    points = stationary_points(replace(row, reaction=wrong))
    assert np.isnan(points[0].energy)


def test_forces_of_the_reference_are_taken_from_those_of_gfn2(monkeypatch):
    monkeypatch.setattr(labels, "fold_of", lambda *_: 0)
    row = reference()
    known = np.arange(15, dtype=np.float32).reshape(5, 3)
    still = stationary_points(row)
    moving = stationary_points(replace(row, forces=(known, None, known[::-1])))
    left = [a.forces - b.forces for a, b in zip(still, moving, strict=True)]
    np.testing.assert_allclose(left[0], known, atol=1e-4)
    assert not np.concatenate(left[1:3]).any()
    np.testing.assert_allclose(np.concatenate(left[3:]), known[::-1], atol=1e-4)
    assert moving[0].softness is None  # no Newton step leads to a stationary point
    assert moving[1].zero_point == still[1].zero_point


def test_second_derivatives_may_be_of_another_surface_than_the_forces(monkeypatch):
    monkeypatch.setattr(labels, "fold_of", lambda *_: 0)
    own, other = (
        stationary_points(reference(), curved_on=surface)
        for surface in (DEFAULT_SURFACE, Surface(CORRECTED_LEVEL))
    )
    for mine, its in zip(own, other, strict=True):
        np.testing.assert_array_equal(mine.forces, its.forces)
    hcn, corrected = own[1].zero_point, other[1].zero_point
    assert corrected != hcn
    assert [hcn, corrected] == pytest.approx([ZERO_POINT_OF_HCN] * 2, abs=0.03)
    assert np.abs(own[0].softness - other[0].softness).max() > 1e-3


def test_a_name_that_two_reactions_have_is_refused(tmp_path):
    """Their labels are told apart by it, so that one would be taught the other's."""
    again, other = reference("a"), replace(reference("a"), table="other")
    other = replace(other, prepared=replace(other.prepared, ts=other.prepared.ts + 1))
    assert set(labels_of([reference("a"), again], tmp_path / "labels.parquet", workers=1)) == {"a"}
    with pytest.raises(DataError, match="reaction 'a' of other is another one"):
        labels_of([again, other], tmp_path / "labels.parquet", workers=1)

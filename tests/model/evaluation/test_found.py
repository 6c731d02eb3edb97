import numpy as np
import pytest

from tscreen.model.evaluation.found import found_or_lower

NEAR, NOT_NEAR = 0.05, 0.3


def shares(*cases: tuple[float, bool, float]):
    rmsd, verified, above = (np.array(column) for column in zip(*cases, strict=True))
    return found_or_lower(rmsd, verified, above)


def test_each_reaction_is_counted_once():
    found = shares(
        (NEAR, False, np.nan),
        (NOT_NEAR, True, 0.05),
        (NOT_NEAR, True, -3.0),
        (NOT_NEAR, True, 2.0),
        (NOT_NEAR, True, np.nan),
        (NOT_NEAR, False, np.nan),
        (NOT_NEAR, False, -9.0),
        (NEAR, True, 5.0),
    )
    parts = (found.near, found.same, found.lower, found.higher, found.unknown, found.unverified)
    assert np.multiply(parts, 8).tolist() == [2, 1, 1, 1, 1, 2]
    assert sum(parts) == pytest.approx(1.0)
    assert found.found_or_lower == pytest.approx(0.5)


def test_a_structure_that_is_far_off_is_excused_by_its_energy_alone():
    far = 0.8
    found = shares(
        (far, True, 0.0), (far, True, -1.0), (far, True, 1.0), (far, True, np.nan), (far, False, 0)
    )
    assert found.far_and_not_lower == pytest.approx(3 / 5)

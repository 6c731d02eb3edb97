import numpy as np
import pytest

from tscreen.model.evaluation.found import Standing, found_or_lower

NEAR, NOT_NEAR = 0.05, 0.3


def figures(*cases: tuple[float, bool, float], error: tuple[float, ...] | None = None):
    rmsd, verified, above = (np.array(column) for column in zip(*cases, strict=True))
    return found_or_lower(rmsd, verified, above, np.array(error or [np.nan] * len(rmsd)))


def test_each_reaction_is_counted_once():
    found = figures(
        (NEAR, False, np.nan),
        (NOT_NEAR, True, 0.05),
        (NOT_NEAR, True, -3.0),
        (NOT_NEAR, True, 2.0),
        (NOT_NEAR, True, np.nan),
        (NOT_NEAR, False, np.nan),
        (NOT_NEAR, False, -9.0),
        (NEAR, True, 5.0),
    )
    assert [8 * found.share(standing) for standing in Standing] == [2, 1, 1, 1, 1, 2]
    assert found.share(*Standing) == pytest.approx(1.0)
    assert found.found_or_lower == pytest.approx(0.5)


def test_a_structure_that_is_far_off_is_excused_by_its_energy_alone():
    far = 0.8
    found = figures(
        (far, True, 0.0), (far, True, -1.0), (far, True, 1.0), (far, True, np.nan), (far, False, 0)
    )
    assert found.far_and_not_lower == pytest.approx(3 / 5)


def test_a_standing_has_the_errors_of_its_own_reactions():
    found = figures(
        (NEAR, True, np.nan),
        (0.01, True, np.nan),
        (0.03, True, np.nan),
        (NOT_NEAR, True, -3.0),
        error=(1.0, 4.0, np.nan, np.nan),
    )
    assert found.standings.keys() == {Standing.NEAR, Standing.LOWER}
    near, lower = found.standings[Standing.NEAR], found.standings[Standing.LOWER]
    assert (near.share, near.mae, near.median) == (0.75, 2.5, 2.5)
    assert near.rmsd == pytest.approx(0.03)
    assert (lower.rmsd, lower.mae, lower.median) == (NOT_NEAR, None, None)

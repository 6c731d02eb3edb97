"""The path down from a saddle point bends into the valley that steepest descent leads to."""

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator

from tscreen.actors.saddles.descent import ARC_FMAX, descend


class Bowl(Calculator):
    """One atom on E = (x² - 1)² + 4 (y - x²/2)² + z²: a saddle at the origin, valleys bent."""

    implemented_properties = ("energy", "forces")
    calls = 0

    def calculate(self, atoms=None, properties=None, system_changes=()):
        super().calculate(atoms, properties, system_changes)
        self.calls += 1
        x, y, z = atoms.positions[0]
        off = y - x * x / 2
        slope = [4 * x * (x * x - 1) - 8 * off * x, 8 * off, 2 * z]
        self.results = {
            "energy": (x * x - 1) ** 2 + 4 * off**2 + z * z,
            "forces": -np.array([slope]),
        }


@pytest.mark.parametrize("way", [1, -1])
def test_it_goes_down_on_its_own_side_and_stays_in_the_valley(way):
    atoms = Atoms("H", [[0.0, 0, 0]])
    atoms.calc = Bowl()
    start = np.diag([-4.0, 8.0, 2.0])
    matrix = descend(atoms, start, np.array([[way * 1.0, 0, 0]]))
    x, y, z = atoms.positions[0]
    assert 0.4 < way * x < 1.2
    assert y == pytest.approx(x * x / 2, abs=0.15)
    assert z == 0
    assert matrix[0, 0] > 0 or np.abs(atoms.get_forces()).max() < ARC_FMAX
    assert atoms.calc.calls <= 20

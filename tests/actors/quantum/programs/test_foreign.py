"""Any ASE calculator is a level."""

import numpy as np
import pytest
from ase.build import molecule
from ase.calculators.emt import EMT
from conftest import reaction_row, reaction_table

from tscreen.actors.quantum.levels import calculator, chosen_backend, label
from tscreen.actors.quantum.programs.foreign import made
from tscreen.actors.quantum.sides import sides_of
from tscreen.actors.quantum.thermochemistry import relaxed_side
from tscreen.actors.quantum.xtb import Surface, energy
from tscreen.actors.verified import Order, search
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.reaction import reactions_of

EMT_LEVEL = "ase:ase.calculators.emt:EMT"
TBLITE_LEVEL = "ase:tblite.ase:TBLite"
NEAR_TS = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])


def test_its_energies_and_forces_are_those_of_the_calculator():
    own, level = molecule("CH3CHO"), molecule("CH3CHO")
    own.calc, level.calc = EMT(), calculator(EMT_LEVEL)
    assert level.get_potential_energy() == pytest.approx(own.get_potential_energy())
    np.testing.assert_allclose(level.get_forces(), own.get_forces(), atol=1e-9)
    assert label(EMT_LEVEL) == EMT_LEVEL
    assert chosen_backend(EMT_LEVEL) == "ase"


def test_charge_and_multiplicity_reach_a_calculator_that_takes_them():
    pytest.importorskip("tblite")
    water = np.array([8, 1, 1]), molecule("H2O").positions
    for state in ((0, 1), (1, 2), (0, 3)):
        own, level = (
            energy(*water, *state, surface=Surface(x)) for x in ("gfn2-xtb", TBLITE_LEVEL)
        )
        assert level == pytest.approx(own, abs=1e-3)


def test_only_what_the_factory_takes_is_given():
    assert made(lambda: "nothing", 1, 2) == "nothing"
    assert made(lambda charge: charge, 1, 2) == 1
    assert made(lambda multiplicity, charge=0: (charge, multiplicity), 1, 2) == (1, 2)
    assert "charge" not in made(EMT, 1, 2).parameters


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("ase:", "not of the form ase:package.module:Factory"),
        ("ase:nowhere", "not of the form"),
        ("ase:nowhere.at_all:Thing", "cannot be imported"),
        ("ase:ase.calculators.emt:Nothing", "has no Nothing"),
        ("ase:math:pi", "pi is a float and cannot be called"),
    ],
)
def test_a_level_that_leads_nowhere_is_refused_when_it_is_chosen(level, said):
    with pytest.raises(ValueError, match=said):
        chosen_backend(level)


def test_another_program_cannot_compute_it():
    with pytest.raises(ValueError, match="xtb cannot compute"):
        chosen_backend(EMT_LEVEL, "xtb")


def test_whatever_it_raises_is_a_failed_calculation():
    sodium = molecule("NaCl")  # which EMT does not know
    with pytest.raises(CalculationError, match="calculation failed") as caught:
        energy(sodium.numbers, sodium.positions, surface=Surface(EMT_LEVEL))
    assert caught.value.code == "xtb_scf"


def test_a_search_and_its_thermochemistry_can_be_done_with_it():
    pytest.importorskip("tblite")
    [shift] = reactions_of(reaction_table(reaction_row("r")))
    order = Order(Surface(TBLITE_LEVEL), 60.0, 298.15)
    found = search(shift, [NEAR_TS], order)
    assert found.climb.found.joined
    assert (found.level, found.head, found.correction) == (TBLITE_LEVEL, None, None)
    assert found.sides_kept
    alone = relaxed_side(sides_of(shift)[0], 298.15)
    assert found.profile.reactant.gibbs == pytest.approx(alone.thermo.gibbs, abs=5e-3)

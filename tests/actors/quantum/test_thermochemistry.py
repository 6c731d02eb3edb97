"""Entropies agree with tables, soft modes count as rotors, and sides are sums."""

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import molecule
from conftest import HCN, reaction_row, reaction_table
from scipy.spatial.transform import Rotation

from tscreen.actors.quantum import thermochemistry as thermochemistry_module
from tscreen.actors.quantum.hessian import frequencies, hessian
from tscreen.actors.quantum.minimise import minimise
from tscreen.actors.quantum.sides import Side, molecules, sides_of
from tscreen.actors.quantum.thermochemistry import Thermo, relaxed_side, thermochemistry
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, relax
from tscreen.actors.saddles.saddle import locate
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.reaction import reactions_of

ROOM = 298.15
KJ_MOL = units.kJ / units.mol
R = 8.314462618
INERTIA = molecule("H2O").get_moments_of_inertia().mean()


def on_surface(atoms: Atoms, multiplicity: int = 1) -> Atoms:
    return DEFAULT_SURFACE.atoms(atoms.numbers, atoms.positions, 0, multiplicity)


def relaxed(atoms: Atoms, multiplicity: int = 1) -> Atoms:
    positions, _ = relax(atoms.numbers, atoms.positions, 0, multiplicity, fmax=0.005)
    return on_surface(Atoms(atoms.numbers, positions), multiplicity)


def apart(*parts: Atoms) -> Side:
    numbers = np.concatenate([part.numbers for part in parts])
    positions = np.concatenate([part.positions for part in parts])
    return Side(numbers, positions, np.repeat(np.arange(len(parts)), [*map(len, parts)]), 0, 1)


def entropy(found: Thermo) -> float:
    """At room temperature, in J/(mol K)."""
    return (found.enthalpy - found.gibbs) / ROOM / KJ_MOL * 1000


# Standard entropies at 1 bar in J/(mol K), and H(298.15 K) - H(0 K) in kJ/mol: the key values of
# CODATA, for methane those of JANAF.
@pytest.mark.parametrize(
    ("atoms", "multiplicity", "symmetry", "standard", "heat"),
    [
        (Atoms("Ar"), 1, 1, 154.85, 6.197),
        (Atoms("H"), 2, 1, 114.72, 6.197),
        (molecule("CO"), 1, 1, 197.66, 8.671),
        (molecule("O2"), 3, 2, 205.15, 8.683),
        (molecule("CO2"), 1, 2, 213.79, 9.365),
        (molecule("H2O"), 1, 2, 188.84, 9.905),
        (molecule("CH4"), 1, 12, 186.25, 10.016),
    ],
    ids=lambda value: str(value.symbols) if isinstance(value, Atoms) else None,
)
def test_entropy_and_heat_are_those_of_the_tables_save_for_symmetry_and_pressure(
    atoms, multiplicity, symmetry, standard, heat
):
    atoms = relaxed(atoms, multiplicity)
    cm1 = frequencies(atoms, hessian(atoms))
    found = thermochemistry(atoms, cm1, ROOM, multiplicity)
    assert entropy(found) - R * np.log(symmetry / 1.01325) == pytest.approx(standard, abs=1)
    zero_point = cm1.sum() * units.invcm / 2
    warming = (found.enthalpy - found.electronic - zero_point) / KJ_MOL
    assert warming == pytest.approx(heat, abs=0.2)


def mode_entropy(cm1: float) -> float:
    """Of one mode of water, in J/(mol K), the two others being too stiff to have any."""
    water = on_surface(molecule("H2O"))
    rest = thermochemistry(water, np.array([9000.0, 9000.0, 9000.0]), ROOM, 1)
    return entropy(thermochemistry(water, np.array([cm1, 9000.0, 9000.0]), ROOM, 1)) - entropy(rest)


def harmonic(cm1: float) -> float:
    x = cm1 * units.invcm / (units.kB * ROOM)
    return R * (x / np.expm1(x) - np.log1p(-np.exp(-x)))


def rotor(cm1: float) -> float:
    free = units._hplanck / (8 * np.pi**2 * units._c * 100 * cm1)
    whole = INERTIA * units._amu * 1e-20
    inertia = free * whole / (free + whole)
    return R * (0.5 + np.log(8 * np.pi**3 * inertia * units._k * ROOM / units._hplanck**2) / 2)


def test_a_soft_mode_is_a_rotor_a_stiff_one_a_vibration_and_one_of_100_cm1_half_of_each():
    assert mode_entropy(1.0) == pytest.approx(rotor(1.0), abs=1e-3)
    assert mode_entropy(1000.0) == pytest.approx(harmonic(1000.0), abs=0.01)
    assert mode_entropy(100.0) == pytest.approx((rotor(100.0) + harmonic(100.0)) / 2, abs=1e-3)


def test_a_weak_imaginary_mode_counts_as_real_and_a_strong_one_not_at_all():
    water = on_surface(molecule("H2O"))
    weak, real, strong, stronger = (
        thermochemistry(water, np.array([cm1, 1600.0, 3700.0]), ROOM, 1)
        for cm1 in (-40.0, 40.0, -60.0, -2000.0)
    )
    assert weak == real
    assert strong == stronger
    assert strong.gibbs > weak.gibbs


@pytest.mark.parametrize("cm1", [[1600.0, 3700.0], [-900.0, -800.0, 3700.0]])
def test_frequencies_that_no_molecule_or_transition_state_has_are_refused(cm1):
    with pytest.raises(ValueError, match=r"expected|imaginary"):
        thermochemistry(on_surface(molecule("H2O")), np.array(cm1), ROOM, 1)


def test_a_linear_molecule_that_is_not_quite_straight_is_linear_still():
    straight = relaxed(Atoms("HCN", HCN))
    bent = on_surface(straight)
    bent.positions[0, 0] += 0.01
    found = [thermochemistry(a, frequencies(a, hessian(a)), ROOM, 1) for a in (straight, bent)]
    assert found[1].gibbs == pytest.approx(found[0].gibbs, abs=2e-3)


def test_turning_a_molecule_changes_nothing():
    atoms = relaxed(molecule("CH3OH"))
    turned = on_surface(atoms)
    turned.positions = Rotation.from_rotvec([1.0, -0.4, 2.0]).apply(turned.positions) + 5.0
    found = [thermochemistry(a, frequencies(a, hessian(a)), ROOM, 1) for a in (atoms, turned)]
    # Displacements may turn back to front, which changes what forward differences leave out.
    np.testing.assert_allclose(found[1], found[0], atol=3e-3)


def test_a_side_is_the_sum_of_its_fragments_and_its_gibbs_energy_falls_as_it_warms():
    water, argon = molecule("H2O"), Atoms("Ar")
    parts = [relaxed_side(apart(part), ROOM).thermo for part in (water, argon)]
    side = apart(water, argon)
    warmer = [relaxed_side(side, temperature).thermo for temperature in (200.0, ROOM, 500.0)]
    np.testing.assert_allclose(warmer[1], np.sum(parts, axis=0), atol=1e-6)
    alone = sum(relax(*part)[1] for part in molecules(side))
    assert warmer[1].electronic == pytest.approx(alone, abs=1e-3)
    assert warmer[0].gibbs > warmer[1].gibbs > warmer[2].gibbs
    assert warmer[0].enthalpy < warmer[1].enthalpy < warmer[2].enthalpy


def flat_ammonia() -> Atoms:
    angles = np.deg2rad([0, 120, 240])
    ring = np.stack([np.cos(angles), np.sin(angles), np.zeros(3)], axis=1)
    return Atoms("NH3", np.vstack([np.zeros(3), ring]))


def test_a_flat_start_does_not_end_on_the_saddle_that_its_symmetry_leads_to():
    flat, pyramid = (
        relaxed_side(apart(atoms), ROOM).thermo for atoms in (flat_ammonia(), molecule("NH3"))
    )
    np.testing.assert_allclose(flat, pyramid, atol=1e-3)


def test_a_molecule_that_no_push_takes_off_its_saddle_is_an_error(monkeypatch):
    monkeypatch.setattr("tscreen.actors.quantum.thermochemistry.PUSH", 0.0)
    with pytest.raises(CalculationError, match="imaginary mode") as caught:
        relaxed_side(apart(flat_ammonia()), ROOM)
    assert caught.value.code == "xtb_not_relaxed"


def test_the_gibbs_barrier_is_the_electronic_one_less_the_lost_zero_point_energy():
    reaction = reactions_of(reaction_table(reaction_row("hcn")))[0]
    near = np.array([[1.1, 0.05, 0.5], [0.0, 0.0, 0.0], [0.0, 0.05, 1.18]])
    saddle = DEFAULT_SURFACE.atoms(reaction.atomic_numbers, locate(reaction, near).positions, 0, 1)
    cm1 = frequencies(saddle, hessian(saddle))
    ts = thermochemistry(saddle, cm1, ROOM, 1)
    reactant = relaxed_side(sides_of(reaction)[0], ROOM).thermo
    minimum = relaxed(Atoms("HCN", HCN))
    lost = frequencies(minimum, hessian(minimum)).sum() - cm1[cm1 > 0].sum()
    assert lost > 800
    shift = (ts.gibbs - reactant.gibbs) - (ts.electronic - reactant.electronic)
    # The bent saddle turns about one axis more, which is worth some 0.05 eV of entropy.
    assert shift == pytest.approx(-lost * units.invcm / 2, abs=0.08)


def test_a_molecule_that_two_reactions_begin_with_is_relaxed_once(monkeypatch):
    relaxing = []

    def watched(atoms, *given):
        relaxing.append(len(atoms))
        return minimise(atoms, *given)

    monkeypatch.setattr(thermochemistry_module, "minimise", watched)
    water, methane = molecule("H2O"), molecule("CH4")
    late = DEFAULT_SURFACE._replace(deadline=0.0)
    with pytest.raises(CalculationError, match="xtb_timeout"):
        relaxed_side(apart(water), ROOM, late)
    first = relaxed_side(apart(water), ROOM)
    both = relaxed_side(apart(water, methane), ROOM)
    assert relaxing == [3, 3, 5]
    np.testing.assert_array_equal(both.molecules[0].positions, first.molecules[0].positions)
    assert relaxed_side(apart(methane, water), ROOM).thermo == pytest.approx(both.thermo, abs=1e-9)
    assert relaxing == [3, 3, 5]
    water.positions[0] += 1e-3
    relaxed_side(apart(water), ROOM)
    relaxed_side(apart(water), None)
    assert relaxing == [3, 3, 5, 3]

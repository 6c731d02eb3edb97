"""Enthalpies and Gibbs energies of molecules and transition states in the gas phase."""

from typing import NamedTuple

import numpy as np
from ase import Atoms, units
from ase.thermochemistry import IdealGasThermo, RRHOMode

from tscreen.actors.quantum.hessian import NOISE_CM1, frequencies, hessian, modes
from tscreen.actors.quantum.minimise import minimise
from tscreen.actors.quantum.sides import Molecule, Side, molecules
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, MAX_RELAX_STEPS, Surface, relax
from tscreen.actors.workers.errors import CalculationError

PRESSURE = 101325.0
"""Of the gas, Pa: 1 atm."""

CUTOFF_CM1 = 100.0
"""ω₀ of Grimme 2012: a vibration below it counts more as a rotor, one above more as a vibration."""

FMAX = 0.005
"""Largest force on any atom of a relaxed molecule, eV/Å; tight for the sake of the soft modes."""

MOST_REMEMBERED = 1000
"""Relaxed molecules that a process keeps, some kB each."""

PUSH = 0.1
"""How far the fastest atom is moved off a saddle point before a molecule is relaxed again, Å."""


class Thermo(NamedTuple):
    """Energies in eV of one molecule, or of a side of several, at one temperature.

    Attributes:
        electronic: Potential energy.
        enthalpy: At the temperature, `electronic` and zero-point energy included.
        gibbs: Gibbs energy, likewise, at 1 atm.
    """

    electronic: float
    enthalpy: float
    gibbs: float


def thermochemistry(
    atoms: Atoms, frequencies_cm1: np.ndarray, temperature: float, multiplicity: int
) -> Thermo:
    """A molecule or transition state as an ideal gas of rigid rotors at 1 atm.

    Zero-point and thermal energy are harmonic. The entropy of each vibration is quasi-RRHO
    (Grimme, Chem. Eur. J. 2012, 18, 9955, doi 10.1002/chem.201200497), its B_av being the mean
    moment of inertia of this molecule.

    The rotational symmetry number is 1, because the symmetry of generated structures and whether
    they have mirror images are not analysed. The electronic degeneracy is the spin multiplicity.

    Args:
        atoms: N atoms at a stationary point, with a calculator.
        frequencies_cm1: From `hessian.frequencies`, imaginary ones negative. One beyond `NOISE_CM1`
            is the reaction coordinate of a transition state and left out; weaker ones are noise and
            count as real ones of the same size, as Grimme has it.
        temperature: K.
        multiplicity: Spin multiplicity.

    Raises:
        ValueError: The number of frequencies is not one that N atoms can have, or more than one
            is beyond `NOISE_CM1` on the imaginary axis.
        CalculationError: As `xtb.energy`.
    """
    bound = frequencies_cm1[frequencies_cm1 >= -NOISE_CM1]
    if len(frequencies_cm1) - len(bound) > 1:
        raise ValueError("more than one imaginary mode: neither a minimum nor a transition state")
    inertia = atoms.get_moments_of_inertia().mean()
    vibrations = [RRHOMode(v * units.invcm, inertia, tau=CUTOFF_CM1) for v in np.abs(bound)]
    electronic = atoms.get_potential_energy()
    # Without vibrations, because IdealGasThermo takes modes but treats them all as harmonic.
    # MSRRHOThermo in turn has no translation and rotation, and fails for an atom.
    rigid = IdealGasThermo(
        [],
        _shape(len(atoms), len(frequencies_cm1)),
        electronic,
        atoms,
        symmetrynumber=1,
        spin=(multiplicity - 1) / 2,
        vib_selection="all",
    )
    enthalpy = rigid.get_enthalpy(temperature, verbose=False)
    enthalpy += sum(
        mode.get_internal_energy(temperature, contributions=False) for mode in vibrations
    )
    entropy = rigid.get_entropy(temperature, PRESSURE, verbose=False)
    entropy += sum(mode.get_entropy(temperature, contributions=False) for mode in vibrations)
    return Thermo(electronic, float(enthalpy), float(enthalpy - temperature * entropy))


_REMEMBERED: dict[tuple, tuple[Molecule, Thermo]] = {}


class RelaxedSide(NamedTuple):
    """The molecules of a side, each relaxed on its own, and their thermochemistry in sum."""

    molecules: list[Molecule]
    thermo: Thermo


def relaxed_side(
    side: Side, temperature: float | None, surface: Surface = DEFAULT_SURFACE
) -> RelaxedSide:
    """The fragments of a side, each relaxed on its own and each at 1 atm.

    Without a temperature there is only the electronic energy, the others are nan, and nothing tells
    a minimum from a saddle that a symmetry has led to.

    Raises:
        CalculationError: As `xtb.relax`; `xtb_not_relaxed` also where a fragment ends at a saddle.
    """
    parts = [_remembered(one, temperature, surface) for one in molecules(side, surface)]
    relaxed, thermos = zip(*parts, strict=True)
    total = Thermo(*(sum(column) for column in zip(*thermos, strict=True)))
    return RelaxedSide(list(relaxed), total)


def _remembered(
    molecule: Molecule, temperature: float | None, surface: Surface
) -> tuple[Molecule, Thermo]:
    """`_relaxed`, once for each geometry: many reactions begin at the same reactant.

    It depends on the geometry, the surface and the temperature alone, so it is the same whichever
    reaction comes first. What fails, as where time is up, is tried again.
    """
    cells = (np.ascontiguousarray(cell).tobytes() for cell in molecule[:2])
    state = (molecule.charge, molecule.multiplicity, temperature)
    key = (*cells, *state, surface._replace(deadline=None))
    if key not in _REMEMBERED:
        found = _relaxed(molecule, temperature, surface)
        if len(_REMEMBERED) >= MOST_REMEMBERED:
            del _REMEMBERED[next(iter(_REMEMBERED))]
        _REMEMBERED[key] = found
    return _REMEMBERED[key]


def _relaxed(
    molecule: Molecule, temperature: float | None, surface: Surface
) -> tuple[Molecule, Thermo]:
    """The minimum next to a molecule."""
    if temperature is None:
        positions, energy = relax(*molecule, surface=surface)
        return molecule._replace(positions=positions), Thermo(energy, np.nan, np.nan)
    atoms, found = minimum(molecule, surface)
    thermo = thermochemistry(atoms, np.abs(found), temperature, molecule.multiplicity)
    return molecule._replace(positions=atoms.get_positions()), thermo


def minimum(molecule: Molecule, surface: Surface) -> tuple[Atoms, np.ndarray]:
    """The minimum next to a molecule, with a calculator, and its frequencies (V,) in cm⁻¹.

    Raises:
        CalculationError: As `xtb.relax`; `xtb_not_relaxed` also where it ends at a saddle.
    """
    atoms = surface.atoms(*molecule)
    # Twice, because forces leave out what would break a symmetry: a flat start can end on a saddle.
    for limit in (NOISE_CM1, CUTOFF_CM1):
        if not minimise(atoms, FMAX, MAX_RELAX_STEPS):
            raise CalculationError(
                "xtb_not_relaxed", f"no minimum was reached in {MAX_RELAX_STEPS} steps"
            )
        matrix = hessian(atoms)
        found = frequencies(atoms, matrix)
        # What a push has not mended and is weaker than the second limit is a flat surface, where a
        # vibration counts as a rotor, whatever its sign.
        if not (found < -limit).any():
            return atoms, found
        atoms.positions += PUSH * modes(atoms, matrix).direction
    raise CalculationError("xtb_not_relaxed", f"an imaginary mode of {-found[0]:.0f} cm⁻¹ is left")


def _shape(n_atoms: int, n_frequencies: int) -> str:
    """The name that ASE has for a rotor with so many vibrations."""
    shapes = {3 * n_atoms - 5: "linear", 3 * n_atoms - 6: "nonlinear"}
    if n_atoms == 1:
        shapes = {0: "monatomic"}
    if n_frequencies not in shapes:
        raise ValueError(f"{n_frequencies} vibrations of {n_atoms} atoms; expected {list(shapes)}")
    return shapes[n_frequencies]

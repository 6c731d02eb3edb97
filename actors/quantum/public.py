"""The calculator for scripts of one's own, `tscreen.calculator`."""

from ase.calculators.calculator import Calculator

from tscreen.actors.quantum import levels
from tscreen.actors.quantum.solvents import known_solvent


def calculator(
    level: str = levels.CORRECTED_LEVEL,
    *,
    charge: int = 0,
    multiplicity: int = 1,
    solvent: str | None = None,
) -> Calculator:
    """Make an ASE calculator for a molecule: energy in eV, forces in eV/Å.

    GFN2-xTB with the learnt correction, or any other level that a run can have:

        from ase.build import molecule
        from ase.optimize import BFGS
        from tscreen import calculator

        atoms = molecule("CH3CHO")
        atoms.calc = calculator()
        BFGS(atoms).run(fmax=0.01)
        print(atoms.get_potential_energy())

    The correction is to the first reference level that covers the molecule, so energies of
    molecules of other elements or sizes may not be comparable with it.

    Args:
        level: `gfn2-xtb+delta`, `gfn2-xtb`, `gfn1-xtb`, `wb97x-d3/def2-svp`, or any ASE calculator
            as `ase:package.module:Factory`.
        charge: Total charge of the molecule.
        multiplicity: Spin multiplicity, 1 for a closed shell.
        solvent: An implicit solvent (ALPB), such as `water`, for the levels of xTB; the correction
            stays that of the gas phase.

    Raises:
        ValueError: The level or the solvent is unknown. Later, from a calculation: the correction
            does not know such a molecule.
        ImportError: The program that computes the level is not installed.
        WeightsError: The correction cannot be read.
        CalculationError: From a calculation that fails.
    """
    known = None if solvent is None else known_solvent(solvent)
    return levels.calculator(level, charge=charge, multiplicity=multiplicity, solvent=known)

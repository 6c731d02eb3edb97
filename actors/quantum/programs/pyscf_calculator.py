"""Hartree-Fock and density functionals through PySCF; Coulomb and exchange are fitted.

wB97X-D3 (Lin et al. 2013, doi:10.1021/ct300715s) is the functional, with its dispersion, of the
reference geometries of GDB7-22-TS.
"""

import warnings

from ase import Atoms
from ase.calculators.calculator import CalculationFailed, Calculator, all_changes
from ase.units import Bohr, Hartree
from numpy.linalg import LinAlgError
from pyscf import dft, gto, scf
from pyscf.lib.exceptions import BasisNotFoundError

HARTREE_FOCK = "hf"
WB97X_D3 = "wb97x-d3"
# libxc's name: PySCF refuses "wb97x-d3", for which it would not know the dispersion by itself.
FUNCTIONAL = "HYB_GGA_XC_WB97X_D3"
# The zero damping that s-dftd3 calls wb97x is that of wB97X-D3 (sr6 1.281, sr8 1.094, two-body).
DISPERSION = "d3zero:wb97x"
LAST_WITHOUT_ECP = 36
"""Atomic number of the last element of the def2 bases that has all its electrons."""
MEMORY_MB = 2000
"""Integrals beyond it go to disk; half of what an isolated calculation may take."""


class PySCF(Calculator):
    """Energy in eV and forces in eV/Å; restricted for singlets, else unrestricted.

    The charge and the number of unpaired electrons are the sums of the atoms' initial charges and
    magnetic moments. The density of one geometry is where the next one starts.

    Args:
        method: `hf`, or a functional as PySCF writes it, such as `b3lyp-d3bj`.
        basis: A basis set as PySCF writes it.
    """

    implemented_properties = ["energy", "forces"]  # noqa: RUF012 - ASE wants a plain list

    def __init__(self, method: str, basis: str) -> None:
        super().__init__()
        self._method, self._basis = method, basis

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Compute both properties.

        Raises:
            CalculationFailed: The density did not converge, or two atoms share a place.
        """
        super().calculate(atoms, properties or ["energy"], system_changes)
        mole = _mole(self.atoms, self._basis)
        if set(system_changes) - {"positions"}:
            self._density = _mean_field(mole, self._method).as_scanner()
        energy = self._energy(mole) * Hartree
        if not self._density.converged:
            raise CalculationFailed("the electron density did not converge")
        gradient = self._density.nuc_grad_method()
        # The grid moves with the atoms; leaving that out makes forces wrong by some meV/Å.
        gradient.grid_response = True
        forces = -gradient.kernel() * (Hartree / Bohr)
        self.results = {"energy": energy, "free_energy": energy, "forces": forces}

    def _energy(self, mole: gto.Mole) -> float:
        try:
            with warnings.catch_warnings():
                # Atoms on top of each other; the error or the energy says as much.
                warnings.simplefilter("ignore")
                return float(self._density(mole))
        except (RuntimeError, LinAlgError) as error:
            raise CalculationFailed(str(error)) from error


def refuse_unknown(method: str, basis: str) -> None:
    """Tell what PySCF does not have before anything is computed with it.

    Raises:
        ValueError: It knows no such functional, or no such basis set.
    """
    try:
        if method.lower() not in (HARTREE_FOCK, WB97X_D3):
            dft.libxc.parse_xc(method)
    except (KeyError, NotImplementedError, ValueError) as error:
        raise ValueError(f"PySCF knows no functional {method!r} ({error})") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of another package that might have it
            gto.basis.load(basis, "H")
    except (BasisNotFoundError, KeyError) as error:
        raise ValueError(f"PySCF knows no basis set {basis!r}") from error


def _mole(atoms: Atoms, basis: str) -> gto.Mole:
    heavy = {atom.symbol for atom in atoms if atom.number > LAST_WITHOUT_ECP}
    if not basis.lower().startswith("def2"):
        heavy = set()
    return gto.M(
        atom=list(zip(atoms.numbers.tolist(), atoms.positions, strict=True)),
        charge=round(atoms.get_initial_charges().sum()),
        spin=round(atoms.get_initial_magnetic_moments().sum()),
        basis=basis,
        ecp=dict.fromkeys(heavy, basis),
        max_memory=MEMORY_MB,
        verbose=0,
    )


def _mean_field(mole: gto.Mole, method: str) -> scf.hf.SCF:
    if method.lower() == HARTREE_FOCK:
        field = (scf.UHF if mole.spin else scf.RHF)(mole).density_fit()
    else:
        kind = dft.UKS if mole.spin else dft.RKS
        ours = method.lower() == WB97X_D3
        field = kind(mole, xc=FUNCTIONAL if ours else method).density_fit()
        if ours:
            field.disp = DISPERSION
    field.chkfile = None
    return field

"""The most stable relaxed conformer of one molecule."""

from typing import Any

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers

from tscreen.actors.quantum.xtb import relax
from tscreen.actors.smiles.mapping import CONTACT, UnbuildableError
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.rejects import RejectCode

CONFORMERS = 5
SAME_ENERGY = 0.01
"""kcal/mol; force-field minima closer than this are taken for the same conformer."""
TOO_CLOSE = 1.15
"""Atoms without a bond in the SMILES may come as near as this times the sum of their covalent
radii, as across a small ring; nearer is a new bond."""


def relaxed_fragment(mol: Chem.Mol, multiplicity: int, seed: int) -> np.ndarray:
    """Embed one molecule, relax a few conformers with GFN2-xTB and take the lowest.

    Args:
        mol: one molecule with all its hydrogens; its stereochemistry is kept.
        multiplicity: spin multiplicity.
        seed: decides the conformers.

    Returns:
        (N, 3), Angstrom.

    Raises:
        UnbuildableError: `structure_failed`, when none could be embedded, or none relaxed to a
            minimum with the bonds and contacts of the SMILES.
    """
    if mol.GetNumAtoms() == 1:
        return np.zeros((1, 3))
    numbers = np.array([atom.GetAtomicNum() for atom in mol.GetAtoms()])
    charge = Chem.GetFormalCharge(mol)
    lowest, best, reason = np.inf, None, "no conformer could be embedded"
    for start in conformers(mol, seed):
        try:
            positions, energy = relax(numbers, start, charge, multiplicity)
        except CalculationError as error:
            reason = str(error)
            continue
        if not has_bonds_of(mol, numbers, positions):
            reason = "the relaxation made or broke bonds, or parted molecules that touch"
        elif energy < lowest:
            lowest, best = energy, positions
    if best is None:
        raise UnbuildableError(
            RejectCode.STRUCTURE_FAILED,
            f"no structure for '{Chem.MolToSmiles(mol)}': {reason}; "
            "give this reaction's coordinates instead",
        )
    return best


def conformers(mol: Chem.Mol, seed: int) -> list[np.ndarray]:
    """Distinct force-field minima, the lowest first."""
    params: Any = rdDistGeom.ETKDGv3()
    params.randomSeed = seed
    params.numThreads = 1
    with rdBase.BlockLogs():
        if not rdDistGeom.EmbedMultipleConfs(mol, CONFORMERS, params):
            params.useRandomCoords = True
            rdDistGeom.EmbedMultipleConfs(mol, CONFORMERS, params)
        mol = _without_contacts(mol)  # which no force field knows
        if rdForceFieldHelpers.MMFFHasAllMoleculeParams(mol):
            results = rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(mol, maxIters=1000)
        elif rdForceFieldHelpers.UFFHasAllMoleculeParams(mol):
            results = rdForceFieldHelpers.UFFOptimizeMoleculeConfs(mol, maxIters=1000)
        else:  # no parameters: the embedded geometries have to do
            return [conformer.GetPositions() for conformer in mol.GetConformers()]
    energies = np.array([energy for _, energy in results])
    kept: list[int] = []
    for i in np.argsort(energies, kind="stable").tolist():
        if not kept or energies[i] - energies[kept[-1]] > SAME_ENERGY:
            kept.append(i)
    embedded = list(mol.GetConformers())
    return [embedded[i].GetPositions() for i in kept]


def _without_contacts(mol: Chem.Mol) -> Chem.Mol:
    """The molecules that touch, with their bonds alone; atoms and conformers stay as they are."""
    rest = Chem.RWMol(mol)
    for bond in mol.GetBonds():
        if bond.GetBondType() == CONTACT:
            rest.RemoveBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
    Chem.SanitizeMol(rest)
    return rest.GetMol()


def has_bonds_of(mol: Chem.Mol, numbers: np.ndarray, positions: np.ndarray) -> bool:
    """Whether all bonds are there, and no others but those of contacts, which must not part."""
    wanted = Chem.GetAdjacencyMatrix(_without_contacts(mol)).astype(bool)
    contacts = Chem.GetAdjacencyMatrix(mol).astype(bool) & ~wanted
    broken = wanted & ~bond_graph(numbers, positions)
    made = ~wanted & ~contacts & bond_graph(numbers, positions, TOO_CLOSE)
    table = Chem.GetPeriodicTable()
    parted = any(
        np.linalg.norm(positions[i] - positions[j])
        > table.GetRvdw(int(numbers[i])) + table.GetRvdw(int(numbers[j]))
        for i, j in np.argwhere(contacts)
    )
    return not (broken.any() or made.any() or parted)

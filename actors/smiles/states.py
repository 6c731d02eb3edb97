"""Charge and spin of the molecules of a SMILES, as it is written.

- The charge of a molecule is the sum of its formal charges: ammonium acetate is two ions.
- Two radical electrons on one atom are a lone pair: a carbene is a singlet.
- Two atoms with an unpaired electron each, and nothing else, are a triplet: ``[O][O]`` is ground
  state oxygen; ``O=O`` has no unpaired electron and is singlet oxygen.
- Any other unpaired electrons may be parallel or not, within a molecule and between molecules.
- Of the electrons of a metal a SMILES says little: there is one unpaired where their number is odd.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rdkit import Chem


class Electrons(NamedTuple):
    """What a SMILES says of one molecule.

    Attributes:
        charge: of the molecule.
        lowest: unpaired electrons that it has at least.
        highest: unpaired electrons that are written, lone pairs left out.
    """

    charge: int
    lowest: int
    highest: int


def electrons_of(mol: Chem.Mol) -> list[Electrons]:
    """Every molecule of a side, in the order of their first atoms; all hydrogens are atoms."""
    return [
        _written([mol.GetAtomWithIdx(atom) for atom in atoms]) for atoms in Chem.GetMolFrags(mol)
    ]


def _written(atoms: Sequence[Chem.Atom]) -> Electrons:
    charge = sum(atom.GetFormalCharge() for atom in atoms)
    electrons = sum(atom.GetAtomicNum() for atom in atoms) - charge
    unpaired = [atom.GetNumRadicalElectrons() % 2 for atom in atoms]
    highest = sum(unpaired) + (electrons - sum(unpaired)) % 2
    return Electrons(charge, 2 if unpaired == [1, 1] else electrons % 2, highest)


def states(mol: Chem.Mol, multiplicity: int) -> list[tuple[int, int]]:
    """Charge and multiplicity of every molecule of a side, in the order of their first atoms.

    A single molecule has the multiplicity of the whole. Of several, each has the lowest one that it
    can have; where the whole asks for more unpaired electrons, molecules get those that are
    written, the first ones first. What is left over then belongs to one of them, and
    `quantum.sides` finds out which.
    """
    found = electrons_of(mol)
    if len(found) == 1:
        return [(found[0].charge, multiplicity)]
    left = max(0, multiplicity - 1 - sum(one.lowest for one in found))
    out = []
    for one in found:
        more = min(left, one.highest - one.lowest)
        out.append((one.charge, 1 + one.lowest + more))
        left -= more
    return out


def molecule_of_atoms(mol: Chem.Mol) -> np.ndarray:
    """Which of the separate molecules each atom belongs to by the bonds, (N,) uint8."""
    fragments = np.zeros(mol.GetNumAtoms(), np.uint8)
    for number, atoms in enumerate(Chem.GetMolFrags(mol)):
        fragments[list(atoms)] = number
    return fragments

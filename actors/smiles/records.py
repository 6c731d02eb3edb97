"""Structures as records of an SDF file."""

from collections.abc import Mapping

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdDetermineBonds
from rdkit.Geometry import Point3D

ORDERS_TRIED = 1000
"""Ways to hand out bond orders, before single bonds have to do."""


def sdf_record(
    numbers: np.ndarray, positions: np.ndarray, charge: int | None, told: Mapping[str, str]
) -> str:
    """The record of a structure of one or several molecules.

    Args:
        numbers: atomic numbers (N,).
        positions: (N, 3), Å.
        charge: see `molecule_of`.
        told: properties, each on one line.
    """
    mol = molecule_of(numbers, positions, charge)
    for name, text in told.items():
        mol.SetProp(name, text)
    return Chem.SDWriter.GetText(mol)


def molecule_of(numbers: np.ndarray, positions: np.ndarray, charge: int | None) -> Chem.Mol:
    """A structure with the bonds that its distances tell of.

    Args:
        numbers: atomic numbers (N,).
        positions: (N, 3), Å.
        charge: of all atoms together, by which bonds get their orders where valences allow; None
            for single bonds alone.
    """
    mol = Chem.RWMol()
    for z in numbers.tolist():
        atom = Chem.Atom(z)
        atom.SetNoImplicit(True)
        mol.AddAtom(atom)
    places = Chem.Conformer(len(numbers))
    for number, place in enumerate(positions.tolist()):
        places.SetAtomPosition(number, Point3D(*place))
    mol.AddConformer(places)
    return _bonded(mol, charge)


def _bonded(mol: Chem.Mol, charge: int | None) -> Chem.Mol:
    if charge is not None:
        ordered = Chem.Mol(mol)
        try:
            rdDetermineBonds.DetermineBonds(
                ordered, charge=charge, embedChiral=False, maxIterations=ORDERS_TRIED
            )
        except (ValueError, RuntimeError):  # no orders fit, as of a radical or a strange ion
            pass
        else:
            return ordered
    rdDetermineBonds.DetermineConnectivity(mol)
    return mol

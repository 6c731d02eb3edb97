"""Reaction SMILES of enumerated steps, with their maps and the hands that stay."""

import numpy as np
from rdkit import Chem
from rdkit.Geometry import Point3D

from tscreen.actors.exploring.enumeration import PossibleStep
from tscreen.actors.exploring.graphs import MolecularGraph, as_mol, named
from tscreen.actors.exploring.lewis import Bond, Lewis
from tscreen.actors.smiles.mapping import written


def mapped_smiles(reactant: MolecularGraph, step: PossibleStep, positions: np.ndarray) -> str:
    """`reactants>>products` of a step, atom i with the map number i + 1 on both sides.

    Hydrogens that stay on their atom have none: whoever builds the structures fits them.

    Centres and double bonds of the reactant whose neighbours stay have in the product the hand that
    they have in the given structure; those that are new have none.

    Args:
        reactant: of the step.
        step: what it becomes.
        positions: of the reactant's molecules, (N, 3), Å; they may lie on top of each other.
    """
    sides = [as_mol(graph, _whole(graph)) for graph in (reactant, step.graph)]
    _set_hands(sides[0], positions)
    _hand_over(*sides)
    moving = {atom for bond in (*step.broken, *step.formed) for atom in bond}
    for mol in sides:
        for atom in mol.GetAtoms():
            if atom.GetAtomicNum() > 1 or atom.GetIdx() in moving:
                atom.SetAtomMapNum(atom.GetIdx() + 1)
    return ">>".join(map(written, sides))


def _whole(graph: MolecularGraph) -> Lewis:
    """The structural formula of all molecules together."""
    orders: dict[Bond, int] = {}
    charges: dict[int, int] = {}
    carbenes: list[int] = []
    for atoms in graph.parts():
        one = named(graph.part(atoms))
        assert one is not None, "steps lead to molecules that have a name"
        orders |= {(atoms[i], atoms[j]): n for (i, j), n in one.formula.orders.items()}
        charges |= {atoms[i]: q for i, q in one.formula.charges.items()}
        carbenes += [atoms[i] for i in one.formula.carbenes]
    return Lewis(orders, charges, tuple(carbenes), 0, 0.0)


def _set_hands(mol: Chem.Mol, positions: np.ndarray) -> None:
    places = Chem.Conformer(mol.GetNumAtoms())
    for number, place in enumerate(np.asarray(positions, float).tolist()):
        places.SetAtomPosition(number, Point3D(*place))
    mol.AddConformer(places)
    Chem.AssignStereochemistryFrom3D(mol)
    mol.RemoveAllConformers()


def _hand_over(reactant: Chem.Mol, product: Chem.Mol) -> None:
    """Give the product the hands of what keeps its neighbours, whose bonds stand in one order."""
    before, after = map(_neighbours, (reactant, product))
    for old, new in zip(reactant.GetAtoms(), product.GetAtoms(), strict=True):
        if before[old.GetIdx()] == after[new.GetIdx()]:
            new.SetChiralTag(old.GetChiralTag())
    for old in reactant.GetBonds():
        ends = old.GetBeginAtomIdx(), old.GetEndAtomIdx()
        new, atoms = product.GetBondBetweenAtoms(*ends), list(old.GetStereoAtoms())
        kept = all(before[end] == after[end] for end in ends)
        if atoms and kept and new.GetBondType() == Chem.BondType.DOUBLE:
            new.SetStereoAtoms(*atoms)
            new.SetStereo(_as_seen(old))
    Chem.AssignStereochemistry(product, cleanIt=True, force=True)


def _neighbours(mol: Chem.Mol) -> list[list[int]]:
    return [[other.GetIdx() for other in atom.GetNeighbors()] for atom in mol.GetAtoms()]


def _as_seen(bond: Chem.Bond) -> Chem.BondStereo:
    """The stereo of a bond in words that do not depend on what else hangs on its atoms."""
    words = {
        Chem.BondStereo.STEREOZ: Chem.BondStereo.STEREOCIS,
        Chem.BondStereo.STEREOE: Chem.BondStereo.STEREOTRANS,
    }
    return words.get(bond.GetStereo(), bond.GetStereo())

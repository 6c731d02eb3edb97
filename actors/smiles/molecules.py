"""The reaction between two RDKit molecules that have their structures already."""

import numpy as np
from rdkit import Chem
from rdkit.Chem import Mol

from tscreen.actors.mapping.structures import NoMappingError, Structure, judged_order
from tscreen.actors.smiles.hydrogens import fit_hydrogens
from tscreen.actors.smiles.mapping import SIDES, UnbuildableError, matched
from tscreen.actors.smiles.states import molecule_of_atoms
from tscreen.schemas.reaction import Reaction, difference, reordered
from tscreen.schemas.rejects import RejectCode


def reaction_between(
    reaction_id: str, reactant: Mol, product: Mol, multiplicity: int | None = None
) -> Reaction:
    """The reaction between two molecules with all hydrogens and one conformer each.

    Atoms are matched by their map numbers, or, where none has one, by their order, or, where
    elements then disagree, by the fewest bond changes. As in a SMILES, hydrogens that stay on their
    atom need no number.

    Args:
        reaction_id: of the reaction.
        reactant: one or several molecules, which may lie on top of each other.
        product: the same atoms.
        multiplicity: of spin; None for what the radical electrons say.

    Raises:
        UnbuildableError: hydrogens or structures are missing, the atoms do not correspond, or the
            spins of the molecules cannot combine to the multiplicity.
    """
    for side, mol in zip(SIDES, (reactant, product), strict=True):
        _check(side, mol)
    if not any(atom.GetAtomMapNum() for mol in (reactant, product) for atom in mol.GetAtoms()):
        reactant, product = _numbered(reactant, product)
    mapped = matched(reactant, product)
    spin = mapped.multiplicity if multiplicity is None else multiplicity
    start, end = (mol.GetConformer().GetPositions() for mol in (mapped.reactant, mapped.product))
    return Reaction(
        reaction_id,
        mapped.numbers,
        start.astype(np.float32),
        fit_hydrogens(mapped, start, end).astype(np.float32),
        molecule_of_atoms(mapped.reactant),
        molecule_of_atoms(mapped.product),
        mapped.charge,
        spin,
        *mapped.states(spin),
    )


def _check(side: str, mol: Mol) -> None:
    """One structure in space, of all atoms."""
    mol = Mol(mol)  # looking for hydrogens may change what a molecule knows of itself
    mol.UpdatePropertyCache(strict=False)
    for atom in mol.GetAtoms():
        if atom.GetTotalNumHs():
            raise UnbuildableError(
                RejectCode.STRUCTURE_FAILED,
                f"atom {atom.GetIdx()} (counting from 0, {atom.GetSymbol()}) of the {side} lacks "
                f"{atom.GetTotalNumHs()} hydrogens; add them by Chem.AddHs(mol, addCoords=True), "
                "or bonds, where the molecule has none, by rdDetermineBonds",
            )
    if mol.GetNumConformers() != 1 or not mol.GetConformer().Is3D():
        raise UnbuildableError(
            RejectCode.STRUCTURE_FAILED,
            f"the {side} has {mol.GetNumConformers()} conformers and needs one, in three "
            "dimensions; make it by rdDistGeom.EmbedMolecule, or remove those not meant",
        )


def _numbered(reactant: Mol, product: Mol) -> tuple[Mol, Mol]:
    """Copies whose atoms are mapped by their order, or by the fewest bond changes."""
    if reordered(_elements(reactant), _elements(product)):
        product = Chem.RenumberAtoms(product, _order(reactant, product))
    fault = difference(_elements(reactant), _elements(product))
    if fault is not None:
        raise UnbuildableError(RejectCode.ELEMENTS_DIFFER, f"{fault}, or give them map numbers")
    copies = Mol(reactant), Mol(product)
    for mol in copies:
        for atom in mol.GetAtoms():
            atom.SetAtomMapNum(atom.GetIdx() + 1)
    return copies


def _order(reactant: Mol, product: Mol) -> list[int]:
    sides = [
        Structure(_elements(mol), mol.GetConformer().GetPositions(), molecule_of_atoms(mol))
        for mol in (reactant, product)
    ]
    try:
        order, _ = judged_order(*sides)
    except NoMappingError as error:
        message = f"{error}; give the atoms map numbers"
        raise UnbuildableError(RejectCode.NO_MAPPING, message) from error
    assert order is not None, "elements stand in one order already"
    return order.tolist()


def _elements(mol: Mol) -> np.ndarray:
    return np.array([atom.GetAtomicNum() for atom in mol.GetAtoms()], np.uint8)

"""Catalysts that bind a lone pair: Lewis acids, and molecules that give a hydrogen bond."""

from rdkit import Chem

from tscreen.actors.smiles.mapping import CONTACT, UnbuildableError, molecule, number_heavy
from tscreen.schemas.rejects import RejectCode

MARK = 1


def lone_pair_acid(smiles: str, first: int) -> tuple[Chem.Mol, int]:
    """Read a molecule that binds a lone pair.

    Further hydrogen bonds, such as the second one of a thiourea, form when it relaxes. More than
    one contact would close a ring, which a SMILES cannot tell from a bond.

    Args:
        smiles: with map number 1 on the electron-poor atom, or the hydrogen, that binds.
        first: map number of its first heavy atom.

    Returns:
        The molecule, map numbers on its heavy atoms and on the hydrogen that binds; and the map
        number of what binds.

    Raises:
        UnbuildableError: `bad_smiles`, or `bad_candidate` where not one atom is marked.
    """
    mol = molecule("molecule", smiles)
    marked = [atom for atom in mol.GetAtoms() if atom.GetAtomMapNum()]
    if [atom.GetAtomMapNum() for atom in marked] != [MARK]:
        raise UnbuildableError(
            RejectCode.BAD_CANDIDATE,
            f"{len(marked) or 'no'} atoms have a map number; put 1 on the one atom that binds a "
            "lone pair, as in 'F[B:1](F)F', or on a hydrogen, as in 'NC(=S)N[H:1]'",
        )
    (binding,) = marked
    number_heavy(mol, first)
    if binding.GetAtomicNum() == 1:
        binding.SetAtomMapNum(first + mol.GetNumAtoms())
    return mol, binding.GetAtomMapNum()


def touching(side: Chem.Mol, atom: int, acid: Chem.Mol, binding: int) -> Chem.Mol:
    """One side of a reaction with a molecule on a lone pair, both given by map numbers."""
    both = Chem.RWMol(Chem.CombineMols(side, acid))
    places = {one.GetAtomMapNum(): one.GetIdx() for one in both.GetAtoms()}
    both.AddBond(places[atom], places[binding], CONTACT)
    return both.GetMol()

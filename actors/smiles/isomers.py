"""The stereoisomers that the SMILES of a reaction leaves open.

What does not change in a reaction keeps its stereochemistry: written on one side, it holds for the
other. What is still open is enumerated on both sides. Two reactions that are mirror images of each
other have the same barrier, and one of them stands for both.
"""

import random
from collections.abc import Iterator
from typing import NamedTuple

from rdkit import Chem, rdBase
from rdkit.Chem.EnumerateStereoisomers import EnumerateStereoisomers, StereoEnumerationOptions

from tscreen.actors.smiles.mapping import SIDES, molecule, written

MAX_ISOMERS = 16
"""Of one reaction, and of each of its sides; where there are more, some are drawn by lot."""
NUMBER = "number"
TETRAHEDRAL = (Chem.ChiralType.CHI_TETRAHEDRAL_CW, Chem.ChiralType.CHI_TETRAHEDRAL_CCW)
RELATIVE = {
    Chem.BondStereo.STEREOE: Chem.BondStereo.STEREOTRANS,
    Chem.BondStereo.STEREOZ: Chem.BondStereo.STEREOCIS,
}
"""How the atoms lie that decide about E and Z."""


class Isomer(NamedTuple):
    """One stereoisomer of a reaction.

    Attributes:
        name: the descriptors of what was open, and which of how many it is; empty where nothing
            was open.
        smiles: of the reaction.
    """

    name: str
    smiles: str


def isomers(smiles: str) -> list[Isomer]:
    """The stereoisomers of a mapped reaction SMILES, at most `MAX_ISOMERS`.

    Isomers that cannot be embedded in space, such as bicycles with a bond on the wrong face, are
    left out.
    """
    reactant, product = (
        _numbers_aside(Chem.AddHs(molecule(*side)))
        for side in zip(SIDES, smiles.split(">>"), strict=True)
    )
    reactant = _carried(product, reactant)
    kinds: dict[str, str] = {}
    mirrored: set[str] = set()
    for before in _enumerated(reactant):
        opened = _carried(before, product)
        for after in _enumerated(opened):
            text = _text(before, after)
            if text not in mirrored:
                mirrored.add(_text(_mirrored(before), _mirrored(after)))
                kinds[text] = ">>".join((_name(reactant, before), _name(opened, after)))
    if len(kinds) == 1:
        return [Isomer("", _text(reactant, _carried(reactant, product)))]
    found = [
        Isomer(f"{name}, {k} of {len(kinds)}", text)
        for k, (text, name) in enumerate(kinds.items(), 1)
    ]
    if len(found) <= MAX_ISOMERS:
        return found
    chosen = random.Random(0).sample(range(len(found)), MAX_ISOMERS)
    return [found[k] for k in sorted(chosen)]


def _numbers_aside(mol: Chem.Mol) -> Chem.Mol:
    """The molecule with its map numbers as a property: they must not tell equal groups apart."""
    for atom in mol.GetAtoms():
        atom.SetIntProp(NUMBER, atom.GetAtomMapNum())
        atom.SetAtomMapNum(0)
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    return mol


def _enumerated(mol: Chem.Mol) -> Iterator[Chem.Mol]:
    options = StereoEnumerationOptions(
        onlyUnassigned=True, unique=False, tryEmbedding=True, maxIsomers=MAX_ISOMERS
    )
    with rdBase.BlockLogs():
        found = list(EnumerateStereoisomers(mol, options=options))
    yield from found or [mol]


def _number(atom: Chem.Atom) -> int:
    """The map number of an atom; hydrogens that keep their place have 0."""
    return atom.GetIntProp(NUMBER)


def _around(atom: Chem.Atom) -> list[int]:
    """The neighbours in the order that their handedness refers to."""
    return [_number(bond.GetOtherAtom(atom)) for bond in atom.GetBonds()]


def _carried(source: Chem.Mol, target: Chem.Mol) -> Chem.Mol:
    """The target with what the source knows of the atoms and double bonds that do not change."""
    target = Chem.Mol(target)
    places = {_number(atom): atom for atom in target.GetAtoms() if _number(atom)}
    for atom in source.GetAtoms():
        if atom.GetChiralTag() in TETRAHEDRAL:
            other, order = places[_number(atom)], _around(atom)
            open_ = other.GetChiralTag() not in TETRAHEDRAL
            if open_ and sorted(order) == sorted(_around(other)):
                other.SetChiralTag(TETRAHEDRAL[_is_odd(order, _around(other)) ^ _is_second(atom)])
    for bond in source.GetBonds():
        if bond.GetStereo() in RELATIVE:
            _carry_bond(bond, target, places)
    Chem.SetDoubleBondNeighborDirections(target)  # which count for what is assigned
    Chem.AssignStereochemistry(target, cleanIt=True, force=True)
    return target


def _is_second(atom: Chem.Atom) -> bool:
    return atom.GetChiralTag() == TETRAHEDRAL[1]


def _is_odd(order: list[int], other: list[int]) -> bool:
    """Whether an odd number of exchanges leads from one order to the other."""
    places = [other.index(number) for number in order]
    return sum(a > b for k, b in enumerate(places) for a in places[:k]) % 2 == 1


def _carry_bond(bond: Chem.Bond, target: Chem.Mol, places: dict[int, Chem.Atom]) -> None:
    ends = (bond.GetBeginAtom(), bond.GetEndAtom())
    others = [places[_number(end)] for end in ends]
    same = target.GetBondBetweenAtoms(*(atom.GetIdx() for atom in others))
    if (
        same is None
        or same.GetBondType() != Chem.BondType.DOUBLE
        or same.GetStereo() in RELATIVE
        or any(sorted(_around(a)) != sorted(_around(b)) for a, b in zip(ends, others, strict=True))
    ):
        return
    deciding = [
        next(atom for atom in other.GetNeighbors() if _number(atom) == number)
        for other, number in zip(
            others,
            (_number(bond.GetOwningMol().GetAtomWithIdx(k)) for k in bond.GetStereoAtoms()),
            strict=True,
        )
    ]
    if same.GetBeginAtomIdx() != others[0].GetIdx():
        deciding.reverse()
    same.SetStereoAtoms(*(atom.GetIdx() for atom in deciding))
    same.SetStereo(RELATIVE[bond.GetStereo()])


def _mirrored(mol: Chem.Mol) -> Chem.Mol:
    mol = Chem.Mol(mol)
    for atom in mol.GetAtoms():
        if atom.GetChiralTag() in TETRAHEDRAL:
            atom.InvertChirality()
    return mol


def _text(*sides: Chem.Mol) -> str:
    """The SMILES of both sides with their map numbers."""
    copies = [Chem.Mol(mol) for mol in sides]
    for mol in copies:
        for atom in mol.GetAtoms():
            atom.SetAtomMapNum(_number(atom))
    return ">>".join(map(written, copies))


def _name(opened: Chem.Mol, mol: Chem.Mol) -> str:
    """The descriptors, in one isomer, of what is open in a molecule."""
    said = []
    for place in Chem.FindPotentialStereo(opened):
        if place.specified != Chem.StereoSpecified.Unspecified:
            continue
        if place.type == Chem.StereoType.Bond_Double:
            bond = mol.GetBondWithIdx(place.centeredOn)
            code = bond.GetStereo().name.removeprefix("STEREO")
            said.append(f"{_label(bond.GetBeginAtom())}={_label(bond.GetEndAtom())} {code}")
        else:
            atom = mol.GetAtomWithIdx(place.centeredOn)
            if atom.HasProp("_CIPCode"):
                said.append(f"{_label(atom)} {atom.GetProp('_CIPCode')}")
    return " ".join(said)


def _label(atom: Chem.Atom) -> str:
    return f"{atom.GetSymbol()}{_number(atom)}"

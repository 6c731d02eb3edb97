"""A reaction with open places, and the reactions that come of filling them.

Open places are dummy atoms in a mapped reaction SMILES. A substituent replaces a dummy atom that
hangs on the rest by one bond. A catalyst replaces dummy atoms that stand for its own atoms, drawn
with the hydrogens that they give and take.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rdkit import Chem, rdBase

from tscreen.actors.smiles.hydrogen_relay import HydrogenRelay, catalyst_sides
from tscreen.actors.smiles.mapping import (
    SIDES,
    UnbuildableError,
    as_smiles,
    molecule,
    parse_reaction,
)
from tscreen.schemas.rejects import RejectCode

BLOCK = 1000
"""Map numbers of the reaction itself are lower; those of the slot k (from 1) begin at k times it.

So the atoms of a molecule have the same numbers whatever stands in the other slots.
"""


class SkeletonError(ValueError):
    """A reaction with places that cannot be filled; the text says what to correct."""


@dataclass(frozen=True)
class Substituents:
    """A slot for groups that hang on one atom.

    Attributes:
        atom: map number of the dummy atom in their place.
    """

    atom: int


@dataclass(frozen=True)
class Catalysts:
    """A slot for molecules that give and take hydrogens.

    Attributes:
        roles: map number of the dummy atom of each role.
    """

    roles: Mapping[str, int]


Slot = Substituents | Catalysts


class Skeleton:
    """A reaction SMILES with dummy atoms, and the slots that they belong to."""

    def __init__(self, reaction: str, slots: Mapping[str, Slot]) -> None:
        """Check that every dummy atom belongs to a slot and can be filled.

        Raises:
            SkeletonError: it is not so, or the reaction is not balanced.
        """
        try:
            parse_reaction(reaction)
        except UnbuildableError as error:
            raise SkeletonError(error.message) from error
        self._slots = slots
        named = zip(SIDES, reaction.split(">>"), strict=True)
        self._sides = [molecule(side, smiles.strip()) for side, smiles in named]
        for side, mol in zip(SIDES, self._sides, strict=True):
            _check_dummies(side, mol, slots)
        self._relays = {
            name: self._relay(name, slot)
            for name, slot in slots.items()
            if isinstance(slot, Catalysts)
        }

    def filled(self, molecules: Mapping[str, str]) -> str:
        """The reaction SMILES with a molecule in every slot.

        Args:
            molecules: SMILES by slot. A substituent has one dummy atom where it is attached; the
                atoms of a catalyst's roles carry the numbers 1, 2, ... in the order of the roles.

        Raises:
            UnbuildableError: `bad_smiles` or `bad_candidate`.
        """
        sides = [_without_roles(mol, self._slots) for mol in self._sides]
        for k, (name, slot) in enumerate(self._slots.items(), 1):
            try:
                if isinstance(slot, Substituents):
                    group = _group(molecules[name], slot.atom, k * BLOCK)
                    with rdBase.BlockLogs():
                        sides = [Chem.molzip(side, group) for side in sides]
                else:
                    parts = catalyst_sides(self._relays[name], molecules[name], k * BLOCK)
                    pairs = zip(sides, parts, strict=True)
                    sides = [Chem.CombineMols(side, part) for side, part in pairs]
            except UnbuildableError as error:
                message = f"'{molecules[name]}' in slot '{name}': {error.message}"
                raise UnbuildableError(error.code, message) from error
        return ">>".join(map(as_smiles, sides))

    def _relay(self, name: str, slot: Catalysts) -> HydrogenRelay:
        """What the drawing says that each role gives and takes."""
        gives, takes = (
            {role: _hydrogens_on(mol, number) for role, number in slot.roles.items()}
            for mol in self._sides
        )
        given, taken = (sum(map(len, by_role.values())) for by_role in (gives, takes))
        if given != taken:
            raise SkeletonError(
                f"slot '{name}' gives {given} hydrogens and takes {taken}; draw them on its dummy "
                "atoms so that the catalyst comes out as whole as it went in"
            )
        return HydrogenRelay(gives, takes)


def _check_dummies(side: str, mol: Chem.Mol, slots: Mapping[str, Slot]) -> None:
    numbers = [atom.GetAtomMapNum() for atom in mol.GetAtoms()]
    if max(numbers) >= BLOCK:
        raise SkeletonError(
            f"map number {max(numbers)} of the {side} is too large; use numbers below {BLOCK}"
        )
    dummies = {a.GetAtomMapNum(): a for a in mol.GetAtoms() if not a.GetAtomicNum()}
    owners: dict[int, str] = {}
    for name, slot in slots.items():
        wanted = [slot.atom] if isinstance(slot, Substituents) else list(slot.roles.values())
        for number in wanted:
            if number not in dummies:
                raise SkeletonError(
                    f"slot '{name}' fills the dummy atom [*:{number}], which the {side} lacks"
                )
            if number in owners:
                raise SkeletonError(
                    f"the dummy atom [*:{number}] is filled by '{owners[number]}' and '{name}'; "
                    "give each its own"
                )
            owners[number] = name
            _check_dummy(side, name, slot, dummies[number])
    for number in sorted(dummies.keys() - owners.keys()):
        raise SkeletonError(f"no slot fills the dummy atom [*:{number}] of the {side}; name one")


def _check_dummy(side: str, name: str, slot: Slot, dummy: Chem.Atom) -> None:
    where = f"the dummy atom [*:{dummy.GetAtomMapNum()}] of slot '{name}' in the {side}"
    bonds = dummy.GetBonds()
    neighbours = [bond.GetOtherAtom(dummy) for bond in bonds]
    if isinstance(slot, Substituents):
        single = [bond.GetBondType() == Chem.BondType.SINGLE for bond in bonds] == [True]
        if not single or not neighbours[0].GetAtomicNum():
            raise SkeletonError(f"{where} must hang on one atom by a single bond")
    elif not all(_is_lone_hydrogen(atom) and atom.GetAtomMapNum() for atom in neighbours):
        raise SkeletonError(f"{where} may carry mapped hydrogens alone, those it gives or takes")


def _is_lone_hydrogen(atom: Chem.Atom) -> bool:
    return atom.GetAtomicNum() == 1 and atom.GetDegree() == 1


def _hydrogens_on(mol: Chem.Mol, number: int) -> list[int]:
    (dummy,) = (atom for atom in mol.GetAtoms() if atom.GetAtomMapNum() == number)
    return [atom.GetAtomMapNum() for atom in dummy.GetNeighbors()]


def _without_roles(mol: Chem.Mol, slots: Mapping[str, Slot]) -> Chem.Mol:
    """The side without the dummy atoms of catalysts and the hydrogens on them."""
    roles = {
        number
        for slot in slots.values()
        if isinstance(slot, Catalysts)
        for number in slot.roles.values()
    }
    rest = Chem.RWMol(mol)
    rest.BeginBatchEdit()
    for atom in rest.GetAtoms():
        if not atom.GetAtomicNum() and atom.GetAtomMapNum() in roles:
            for gone in (atom, *atom.GetNeighbors()):
                rest.RemoveAtom(gone.GetIdx())
    rest.CommitBatchEdit()
    return rest


def _group(smiles: str, number: int, first: int) -> Chem.Mol:
    """A substituent whose dummy atom has this number and whose heavy atoms follow from `first`."""
    mol = molecule("group", smiles)
    dummies = [atom for atom in mol.GetAtoms() if not atom.GetAtomicNum()]
    if len(dummies) != 1 or [bond.GetBondType() for bond in dummies[0].GetBonds()] != [
        Chem.BondType.SINGLE
    ]:
        raise UnbuildableError(
            RejectCode.BAD_CANDIDATE,
            "a substituent has one dummy atom with one single bond, as in '*C' for methyl",
        )
    dummies[0].SetAtomMapNum(number)
    heavy = (atom for atom in mol.GetAtoms() if atom.GetAtomicNum() > 1)
    for following, atom in enumerate(heavy, first):
        atom.SetAtomMapNum(following)
    return mol

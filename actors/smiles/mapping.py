"""From an atom-mapped reaction SMILES to two molecules whose atoms correspond one to one."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from rdkit import Chem, rdBase

from tscreen.actors.smiles.states import electrons_of, states
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.validate import spin_fault

SIDES = ("reactant", "product")

ALL_CIS = 7
"""Atoms in the largest ring in which no double bond is trans."""
OPEN = (Chem.BondStereo.STEREONONE, Chem.BondStereo.STEREOANY)
"""What a SMILES leaves to whoever reads it."""

CONTACT = Chem.BondType.UNSPECIFIED
"""Written `~` in a SMILES: two atoms that lie side by side without a covalent bond, as a lone pair
and the hydrogen or Lewis acid that binds it."""


class UnbuildableError(ValueError):
    """A reaction SMILES from which no pair of structures can be made.

    Attributes:
        code: the reject code of the row.
        message: what is wrong and what to do.
    """

    def __init__(self, code: RejectCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class MappedReaction:
    """Both sides with all hydrogens, atom i being the same atom in both.

    Attributes:
        numbers: atomic numbers (N,) uint8, mapped atoms first, in the order of their map numbers.
        reactant: molecule of N atoms, of one or several fragments.
        product: molecule of N atoms.
        charge: sum of the formal charges.
        multiplicity: unpaired electrons that are written plus one, of the side that has fewer.
    """

    numbers: np.ndarray
    reactant: Chem.Mol
    product: Chem.Mol
    charge: int
    multiplicity: int

    def states(self, multiplicity: int) -> list[list[tuple[int, int]]]:
        """Charge and multiplicity of the molecules of each side in turn, see `states.states`.

        Raises:
            UnbuildableError: `electron_count`, where their spins cannot combine to this one.
        """
        found = [states(mol, multiplicity) for mol in (self.reactant, self.product)]
        for side, molecules in zip(SIDES, found, strict=True):
            fault = spin_fault(f"the {side}", [spin for _, spin in molecules], multiplicity)
            if fault is not None:
                raise UnbuildableError(*fault)
        return found


def parse_reaction(smiles: str) -> MappedReaction:
    """Match the atoms of the two sides of `reactants>>products`.

    Heavy atoms must be mapped. Hydrogens may be left unmapped on an atom that has as many
    unmapped hydrogens on the other side; those that move must be mapped explicitly. `unmapped`
    completes a SMILES that is not so.

    Raises:
        UnbuildableError: with the codes `bad_smiles`, `unmapped_smiles`, `elements_differ` or
            `electron_count`.
    """
    return matched(*sides_of(smiles))


def sides_of(smiles: str) -> tuple[Chem.Mol, Chem.Mol]:
    """The two sides of `reactants>>products` with all their hydrogens.

    Raises:
        UnbuildableError: `bad_smiles`.
    """
    parts = smiles.strip().split(">>")
    if len(parts) != 2:
        raise UnbuildableError(
            RejectCode.BAD_SMILES, f"SMILES '{smiles}' is not of the form 'reactants>>products'"
        )
    reactant, product = (Chem.AddHs(molecule(*side)) for side in zip(SIDES, parts, strict=True))
    return reactant, product


def matched(reactant: Chem.Mol, product: Chem.Mol) -> MappedReaction:
    """Match the atoms of two sides, with all their hydrogens, as `parse_reaction` does.

    Conformers keep their atoms.

    Raises:
        UnbuildableError: with the codes `unmapped_smiles`, `elements_differ` or `electron_count`.
    """
    same_numbers(reactant, product)
    all_mapped(reactant, product)
    charges = [Chem.GetFormalCharge(mol) for mol in (reactant, product)]
    if charges[0] != charges[1]:
        raise UnbuildableError(
            RejectCode.ELECTRON_COUNT,
            f"the formal charges sum to {charges[0]} in the reactant and {charges[1]} in the "
            "product; they must be equal",
        )
    reactant, product = (Chem.RenumberAtoms(mol, _order(mol)) for mol in (reactant, product))
    for opened, closed in ((product, reactant), (reactant, product)):
        _hold_by_rings(opened, closed)
    unpaired = min(sum(one.highest for one in electrons_of(mol)) for mol in (reactant, product))
    numbers = np.array([atom.GetAtomicNum() for atom in reactant.GetAtoms()], np.uint8)
    return MappedReaction(numbers, reactant, product, charges[0], 1 + unpaired)


def _hold_by_rings(opened: Chem.Mol, closed: Chem.Mol) -> None:
    """Make double bonds of one side cis whose atoms a small ring of the other side holds so.

    An electrocyclic ring opens to no other isomer. What the SMILES says of a double bond stays.
    """
    rings = [ring for ring in closed.GetRingInfo().AtomRings() if len(ring) <= ALL_CIS]
    for bond in opened.GetBonds():
        if bond.GetBondType() != Chem.BondType.DOUBLE or bond.GetStereo() not in OPEN:
            continue
        ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        for ring in rings:
            held = _beside(ring, *ends)
            if held and all(
                opened.GetBondBetweenAtoms(*pair) for pair in zip(ends, held, strict=True)
            ):
                bond.SetStereoAtoms(*held)
                bond.SetStereo(Chem.BondStereo.STEREOCIS)


def _beside(ring: tuple[int, ...], one: int, other: int) -> tuple[int, int] | None:
    """The neighbours in a ring of two atoms that are neighbours in it; None if they are not."""
    if one not in ring or other not in ring:
        return None
    place, step = ring.index(one), ring.index(other) - ring.index(one)
    if step % len(ring) not in (1, len(ring) - 1):
        return None
    return ring[(place - step) % len(ring)], ring[(place + 2 * step) % len(ring)]


def molecule(what: str, smiles: str) -> Chem.Mol:
    """Read a SMILES; hydrogens that are written out stay atoms.

    Args:
        what: it is, for the messages.
        smiles: of one or several molecules.

    Raises:
        UnbuildableError: `bad_smiles`.
    """
    with rdBase.BlockLogs():
        return _molecule(what, smiles)


def written(mol: Chem.Mol) -> str:
    """The SMILES as a chemist writes it, with those hydrogens as atoms that have a number."""
    params: Any = Chem.RemoveHsParameters()
    params.removeMapped = False
    mol = Chem.Mol(mol)
    Chem.SanitizeMol(mol)
    return Chem.MolToSmiles(Chem.RemoveHs(mol, params))


def without_stereo(smiles: str) -> str:
    """Canonical SMILES without stereochemistry.

    Raises:
        UnbuildableError: `bad_smiles`.
    """
    mol = Chem.RemoveHs(molecule("molecule", smiles), sanitize=False)
    Chem.SanitizeMol(mol)
    return Chem.MolToSmiles(mol, isomericSmiles=False)


def number_heavy(mol: Chem.Mol, first: int) -> None:
    """Give the heavy atoms the map numbers from `first` on, in their order."""
    heavy = (atom for atom in mol.GetAtoms() if atom.GetAtomicNum() > 1)
    for number, atom in enumerate(heavy, first):
        atom.SetAtomMapNum(number)


def _molecule(what: str, smiles: str) -> Chem.Mol:
    params: Any = Chem.SmilesParserParams()
    params.removeHs = False
    params.sanitize = False
    mol = Chem.MolFromSmiles(smiles, params)
    if mol is None or not mol.GetNumAtoms():
        raise UnbuildableError(
            RejectCode.BAD_SMILES, f"the {what} '{smiles}' cannot be parsed; correct the SMILES"
        )
    problems = Chem.DetectChemistryProblems(mol)
    if problems:
        raise UnbuildableError(
            RejectCode.BAD_SMILES,
            f"the {what} '{smiles}' makes no sense, correct it: {problems[0].Message()}",
        )
    Chem.SanitizeMol(mol)
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    return mol


def same_numbers(reactant: Chem.Mol, product: Chem.Mol) -> None:
    """The map numbers that there are occur once on each side, on atoms of one element.

    Raises:
        UnbuildableError: `unmapped_smiles` or `elements_differ`, where they do not.
    """
    elements = [_mapped_elements(*side) for side in zip(SIDES, (reactant, product), strict=True)]
    for number in sorted(elements[0].keys() ^ elements[1].keys()):
        raise UnbuildableError(
            RejectCode.UNMAPPED_SMILES,
            f"map number {number} occurs on one side only; give each atom the same number on "
            "both sides and balance the reaction",
        )
    for number, symbol in elements[0].items():
        if elements[1][number] != symbol:
            raise UnbuildableError(
                RejectCode.ELEMENTS_DIFFER,
                f"map number {number} is {symbol} in the reactant and {elements[1][number]} in "
                "the product; correct the map",
            )


def _mapped_elements(side: str, mol: Chem.Mol) -> dict[int, str]:
    found: dict[int, str] = {}
    for atom in mol.GetAtoms():
        number = atom.GetAtomMapNum()
        if number in found:
            raise UnbuildableError(
                RejectCode.UNMAPPED_SMILES,
                f"map number {number} occurs twice in the {side}; number every atom differently",
            )
        if number:
            found[number] = atom.GetSymbol()
    return found


def all_mapped(reactant: Chem.Mol, product: Chem.Mol) -> None:
    """Every atom is mapped but hydrogens that stay on one that is.

    Raises:
        UnbuildableError: `unmapped_smiles`, where one is not.
    """
    for side, mol in zip(SIDES, (reactant, product), strict=True):
        for atom in mol.GetAtoms():
            if not atom.GetAtomMapNum() and not _is_plain_hydrogen(atom):
                raise UnbuildableError(
                    RejectCode.UNMAPPED_SMILES,
                    f"a {atom.GetSymbol()} atom of the {side} has no map number; "
                    "map every heavy atom and every hydrogen that moves",
                )
    before, after = _plain_hydrogens(reactant), _plain_hydrogens(product)
    for number in sorted(before.keys() | after.keys()):
        if before[number] != after[number]:
            raise UnbuildableError(
                RejectCode.UNMAPPED_SMILES,
                f"the atom with map number {number} has {before[number]} hydrogens without one "
                f"in the reactant and {after[number]} in the product; map the moving hydrogens "
                "explicitly, as in [CH2:1][H:9]",
            )


def _is_plain_hydrogen(atom: Chem.Atom) -> bool:
    return atom.GetSymbol() == "H" and any(other.GetAtomMapNum() for other in atom.GetNeighbors())


def _plain_hydrogens(mol: Chem.Mol) -> Counter[int]:
    """How many unmapped hydrogens each mapped atom carries."""
    return Counter(
        atom.GetNeighbors()[0].GetAtomMapNum()
        for atom in mol.GetAtoms()
        if not atom.GetAtomMapNum()
    )


def _order(mol: Chem.Mol) -> list[int]:
    """Mapped atoms by number, then the unmapped hydrogens of each in turn."""
    mapped = sorted(
        (atom for atom in mol.GetAtoms() if atom.GetAtomMapNum()), key=Chem.Atom.GetAtomMapNum
    )
    hydrogens = [
        other.GetIdx()
        for atom in mapped
        for other in atom.GetNeighbors()
        if not other.GetAtomMapNum()
    ]
    return [atom.GetIdx() for atom in mapped] + hydrogens

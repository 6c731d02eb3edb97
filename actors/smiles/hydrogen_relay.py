"""Catalysts that give a hydrogen and take another: their two sides of a reaction.

A molecule that gives and takes at the same atom, such as water, ends as it began. One that gives at
one atom and takes at another, such as formic acid, ends as its tautomer: the double bonds between
the two atoms move by one place.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rdkit import Chem

from tscreen.actors.smiles.mapping import UnbuildableError, molecule, number_heavy
from tscreen.schemas.rejects import RejectCode

SINGLE, DOUBLE = Chem.BondType.SINGLE, Chem.BondType.DOUBLE


@dataclass(frozen=True)
class HydrogenRelay:
    """What each role of a catalyst does.

    Attributes:
        gives: map numbers of the hydrogens that the atom in this role carries before the reaction
            and loses, by role.
        takes: those that it has gained afterwards, for the same roles.
    """

    gives: Mapping[str, Sequence[int]]
    takes: Mapping[str, Sequence[int]]


def catalyst_sides(relay: HydrogenRelay, smiles: str, first: int) -> tuple[Chem.Mol, Chem.Mol]:
    """A catalyst before and after the reaction, all heavy atoms mapped.

    Args:
        relay: what it does.
        smiles: with map number 1 on the atom of the first role, 2 on that of the second, and so on;
            a single mapped atom has all roles.
        first: map number of its first heavy atom.

    Raises:
        UnbuildableError: `bad_smiles`, or `bad_candidate` where the molecule cannot do it.
    """
    before = Chem.RWMol(Chem.AddHs(molecule("molecule", smiles)))
    Chem.Kekulize(before, clearAromaticFlags=True)
    atoms = _atoms_of_roles(before, list(relay.gives))
    number_heavy(before, first)
    given = [
        hydrogen
        for role, numbers in relay.gives.items()
        for hydrogen in _marked(before, role, atoms[role], numbers)
    ]
    after = Chem.RWMol(before)
    change: Counter[int] = Counter()
    for role, index in atoms.items():
        for number in relay.takes[role]:
            _bind_hydrogen(after, index, number)
        change[index] += len(relay.takes[role]) - len(relay.gives[role])
    losing = [index for index, gain in change.items() for _ in range(-gain)]
    gaining = [index for index, gain in change.items() for _ in range(gain)]
    for loser, gainer in zip(losing, gaining, strict=True):
        _shift_bonds(after, loser, gainer)
    after.BeginBatchEdit()
    for hydrogen in given:
        after.RemoveAtom(hydrogen)
    after.CommitBatchEdit()
    return before, after


def _atoms_of_roles(mol: Chem.Mol, roles: list[str]) -> dict[str, int]:
    marks = {a.GetAtomMapNum(): a.GetIdx() for a in mol.GetAtoms() if a.GetAtomMapNum()}
    if marks.keys() == {1}:
        return dict.fromkeys(roles, marks[1])
    if marks.keys() != set(range(1, len(roles) + 1)):
        wanted = ", ".join(f"{k} on the {role}" for k, role in enumerate(roles, 1))
        raise _misfit(
            f"its map numbers are {sorted(marks) or 'missing'}; put {wanted}, or 1 alone on an "
            "atom that has all roles"
        )
    return {role: marks[k] for k, role in enumerate(roles, 1)}


def _marked(mol: Chem.Mol, role: str, atom: int, numbers: Sequence[int]) -> list[int]:
    """Give map numbers to hydrogens of an atom; returns their indices."""
    neighbours = mol.GetAtomWithIdx(atom).GetNeighbors()
    free = [a for a in neighbours if a.GetAtomicNum() == 1 and not a.GetAtomMapNum()]
    if len(free) < len(numbers):
        raise _misfit(
            f"its {role} has {len(free)} hydrogens and must give {len(numbers)}; mark another atom"
        )
    chosen = free[: len(numbers)]
    for hydrogen, number in zip(chosen, numbers, strict=True):
        hydrogen.SetAtomMapNum(number)
    return [hydrogen.GetIdx() for hydrogen in chosen]


def _bind_hydrogen(mol: Chem.RWMol, atom: int, number: int) -> None:
    hydrogen = Chem.Atom(1)
    hydrogen.SetAtomMapNum(number)
    mol.AddBond(atom, mol.AddAtom(hydrogen), SINGLE)


def _shift_bonds(mol: Chem.RWMol, loser: int, gainer: int) -> None:
    """Move the double bonds between two atoms so that both keep their valence."""
    paths = _alternating(mol, [loser], gainer, SINGLE)
    path = min(paths, key=len, default=None)
    if path is None:
        raise _misfit(
            "no conjugated bonds join the atom that gives a hydrogen to the one that takes one, so "
            "it would end as a zwitterion; mark other atoms"
        )
    for bond in path:
        bond.SetStereo(Chem.BondStereo.STEREONONE)
        bond.SetBondType(DOUBLE if bond.GetBondType() == SINGLE else SINGLE)


def _alternating(
    mol: Chem.Mol, atoms: list[int], end: int, kind: Chem.BondType
) -> Iterator[list[Chem.Bond]]:
    """The ways on from the last of some atoms over bonds of this kind, the other kind, and so on.

    They end with a double bond.
    """
    for bond in mol.GetAtomWithIdx(atoms[-1]).GetBonds():
        other = bond.GetOtherAtomIdx(atoms[-1])
        if bond.GetBondType() != kind or other in atoms:
            continue
        if other == end:
            if kind == DOUBLE:
                yield [bond]
            continue
        following = SINGLE if kind == DOUBLE else DOUBLE
        for rest in _alternating(mol, [*atoms, other], end, following):
            yield [bond, *rest]


def _misfit(message: str) -> UnbuildableError:
    return UnbuildableError(RejectCode.BAD_CANDIDATE, message)

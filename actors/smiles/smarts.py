"""Reaction SMARTS applied to molecules, every atom of which keeps its number."""

from collections.abc import Iterator
from itertools import permutations
from typing import NamedTuple

import networkx as nx
from rdkit import Chem, rdBase
from rdkit.Chem import rdChemReactions

from tscreen.actors.smiles.mapping import UnbuildableError, molecule, written
from tscreen.schemas.rejects import RejectCode


class SmartsError(ValueError):
    """A reaction SMARTS that cannot be applied; the text says what to correct."""


class Outcome(NamedTuple):
    """What a reaction SMARTS makes of a molecule.

    Attributes:
        smiles: of the reaction, all heavy atoms and moving hydrogens mapped.
        products: canonical SMILES without map numbers and stereochemistry.
    """

    smiles: str
    products: str


class ReactionSmarts:
    """A reaction SMARTS that keeps all atoms."""

    def __init__(self, smarts: str) -> None:
        """Read it.

        Raises:
            SmartsError: it cannot be read, or does not map each of its atoms on both sides.
        """
        try:
            with rdBase.BlockLogs():
                self._reaction = rdChemReactions.ReactionFromSmarts(smarts)
                self._reaction.Initialize()
        except ValueError as error:
            raise SmartsError(f"SMARTS '{smarts}' cannot be read: {error}") from error
        before, after = (
            [atom.GetAtomMapNum() for mol in side for atom in mol.GetAtoms()]
            for side in (self._reaction.GetReactants(), self._reaction.GetProducts())
        )
        if 0 in before or sorted(before) != sorted(after) or len(set(before)) < len(before):
            raise SmartsError(
                f"SMARTS '{smarts}' must have each of its atoms on both sides, with a map number; "
                "write out what leaves, and hydrogens that move, as in '[C:1][H:2]'"
            )

    def outcomes(self, smiles: str) -> list[Outcome]:
        """All different reactions of some molecules.

        Args:
            smiles: as many molecules as the SMARTS has, in any order, joined by dots.

        Raises:
            UnbuildableError: `bad_smiles`, or `bad_candidate` where there are none.
        """
        mol = Chem.AddHs(molecule("molecule", smiles))
        places: list[tuple[int, ...]] = []
        parts = Chem.GetMolFrags(mol, asMols=True, fragsMolAtomMapping=places)
        wanted = self._reaction.GetNumReactantTemplates()
        if len(parts) != wanted:
            raise UnbuildableError(
                RejectCode.BAD_CANDIDATE,
                f"'{smiles}' has {len(parts)} molecules where the SMARTS has {wanted}; join as "
                "many by dots",
            )
        found: dict[str, Outcome] = {}
        for order in permutations(range(wanted)):
            with rdBase.BlockLogs():
                made = self._reaction.RunReactants([parts[k] for k in order])
            for products in made:
                product = _product(products, [places[k] for k in order], mol.GetNumAtoms())
                if product is not None:
                    found.setdefault(_change(mol, product), _outcome(mol, product))
        if not found:
            raise UnbuildableError(
                RejectCode.BAD_CANDIDATE,
                f"the SMARTS makes nothing of '{smiles}'; correct one of them",
            )
        return list(found.values())


def _product(
    products: tuple[Chem.Mol, ...], places: list[tuple[int, ...]], n_atoms: int
) -> Chem.Mol | None:
    """The products as one molecule, atoms in the reactants' order; None if that cannot be."""
    product = Chem.Mol()
    for part in products:
        product = Chem.CombineMols(product, part)
    order = [0] * n_atoms
    came_from = []
    for atom in product.GetAtoms():
        came_from.append(places[atom.GetIntProp("react_idx")][atom.GetIntProp("react_atom_idx")])
        order[came_from[-1]] = atom.GetIdx()
        atom.SetNoImplicit(True)  # all hydrogens are there
        atom.SetNumExplicitHs(0)
        atom.SetAtomMapNum(0)
    if sorted(came_from) != list(range(n_atoms)):
        return None  # a ring that the SMARTS cuts in two has atoms in both parts
    product = Chem.RenumberAtoms(product, order)
    try:
        Chem.SanitizeMol(product)
    except Chem.MolSanitizeException:
        return None
    return product


def _bonds(mol: Chem.Mol) -> dict[tuple[int, int], str]:
    return {
        (min(ends), max(ends)): str(bond.GetBondType())
        for bond in mol.GetBonds()
        for ends in [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())]
    }


def _change(reactant: Chem.Mol, product: Chem.Mol) -> str:
    """What two reactions have in common just if they are equal but for the numbers of the atoms."""
    graph = nx.Graph()
    for one, other in zip(reactant.GetAtoms(), product.GetAtoms(), strict=True):
        kind = f"{one.GetSymbol()}{one.GetFormalCharge()}{other.GetFormalCharge()}"
        graph.add_node(one.GetIdx(), kind=kind)
    before, after = _bonds(reactant), _bonds(product)
    for ends in sorted(before.keys() | after.keys()):
        graph.add_edge(*ends, kind=f"{before.get(ends)}>{after.get(ends)}")
    return nx.weisfeiler_lehman_graph_hash(graph, "kind", "kind", iterations=len(graph))


def _outcome(reactant: Chem.Mol, product: Chem.Mol) -> Outcome:
    sides = Chem.Mol(reactant), Chem.Mol(product)
    bonds = [{frozenset(ends) for ends in _bonds(mol)} for mol in sides]
    moved = {atom for ends in bonds[0] ^ bonds[1] for atom in ends}
    for number, index in enumerate(_mapped(reactant, moved), 1):
        for mol in sides:
            mol.GetAtomWithIdx(index).SetAtomMapNum(number)
    plain = Chem.MolToSmiles(Chem.RemoveHs(product), isomericSmiles=False)
    return Outcome(">>".join(map(written, sides)), plain)


def _mapped(mol: Chem.Mol, moved: set[int]) -> Iterator[int]:
    """The atoms that get a map number: heavy ones, and hydrogens that move."""
    for atom in mol.GetAtoms():
        if atom.GetAtomicNum() > 1 or atom.GetIdx() in moved:
            yield atom.GetIdx()

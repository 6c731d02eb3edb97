"""Molecules as graphs of their bonds: their canonical names, and RDKit's view of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import networkx as nx
import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdMolDescriptors

from tscreen.actors.exploring.lewis import VALENCE, Bond, Lewis, formulas
from tscreen.actors.smiles.mapping import molecule
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import bond_graph

ORDERS = {1: Chem.BondType.SINGLE, 2: Chem.BondType.DOUBLE, 3: Chem.BondType.TRIPLE}
NOMINAL_FLAWS = 4
"""Charged pairs and the like that a molecule may have which is given or found, not thought of."""


class NotExploredError(ValueError):
    """A molecule that cannot be explored; the text says why."""


@dataclass(frozen=True)
class MolecularGraph:
    """Atoms and their bonds, of one molecule or several.

    Attributes:
        numbers: atomic numbers.
        bonds: between them, sorted.
    """

    numbers: tuple[int, ...]
    bonds: tuple[Bond, ...]

    def parts(self) -> list[list[int]]:
        """The atoms of each separate molecule, in order."""
        graph = nx.Graph(self.bonds)
        graph.add_nodes_from(range(len(self.numbers)))
        return sorted(map(sorted, nx.connected_components(graph)))

    def part(self, atoms: Sequence[int]) -> "MolecularGraph":
        """Some of the atoms, numbered anew in their order, with the bonds between them."""
        place = {atom: k for k, atom in enumerate(atoms)}
        bonds = tuple((place[i], place[j]) for i, j in self.bonds if i in place)
        return MolecularGraph(tuple(self.numbers[atom] for atom in atoms), bonds)

    def beside(self, other: "MolecularGraph") -> "MolecularGraph":
        """Both, the atoms of the other one last."""
        n = len(self.numbers)
        shifted = tuple((i + n, j + n) for i, j in other.bonds)
        return MolecularGraph(self.numbers + other.numbers, self.bonds + shifted)


@dataclass(frozen=True)
class Named:
    """A molecule with its canonical name.

    Attributes:
        smiles: canonical, without stereochemistry.
        formula: the structural one that was named.
    """

    smiles: str
    formula: Lewis


@lru_cache(maxsize=100_000)
def named(graph: MolecularGraph, most_flaws: int = NOMINAL_FLAWS) -> Named | None:
    """The name of one molecule, whatever the order of its atoms; None where no valences fit."""
    found = formulas(graph.numbers, graph.bonds, most_flaws)
    return min((Named(smiles_of(graph, one), one) for one in found), key=_smiles, default=None)


def _smiles(one: Named) -> str:
    return one.smiles


def smiles_of(graph: MolecularGraph, formula: Lewis) -> str:
    """Canonical SMILES of one molecule, without stereochemistry."""
    return Chem.MolToSmiles(Chem.RemoveHs(as_mol(graph, formula)))


def as_mol(graph: MolecularGraph, formula: Lewis) -> Chem.Mol:
    """RDKit's molecule with all hydrogens, atoms and bonds in the order of the graph."""
    mol = Chem.RWMol()
    for number, z in enumerate(graph.numbers):
        atom = Chem.Atom(z)
        atom.SetNoImplicit(True)
        atom.SetFormalCharge(formula.charges.get(number, 0))
        if number in formula.carbenes:
            atom.SetNumRadicalElectrons(2)
        mol.AddAtom(atom)
    for bond in graph.bonds:
        mol.AddBond(*bond, ORDERS[formula.orders[bond]])
    Chem.SanitizeMol(mol)
    return mol.GetMol()


def graph_of_mol(mol: Chem.Mol) -> MolecularGraph:
    """The graph of a molecule with all its hydrogens."""
    pairs = ((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in mol.GetBonds())
    numbers = tuple(atom.GetAtomicNum() for atom in mol.GetAtoms())
    return MolecularGraph(numbers, _sorted(pairs))


def graph_of_structure(numbers: np.ndarray, positions: np.ndarray) -> MolecularGraph:
    """The graph of a geometry (N, 3) in Å."""
    pairs = np.argwhere(np.triu(bond_graph(numbers, positions))).tolist()
    return MolecularGraph(tuple(numbers.tolist()), _sorted((i, j) for i, j in pairs))


def _sorted(pairs: Iterable[Bond]) -> tuple[Bond, ...]:
    return tuple(sorted((min(pair), max(pair)) for pair in pairs))


@lru_cache(maxsize=10_000)
def graph_of(smiles: str) -> MolecularGraph:
    """The graph of a canonical name, whose atoms stand in the order of all structures of it."""
    return graph_of_mol(Chem.AddHs(Chem.MolFromSmiles(smiles)))


def identity(smiles: str) -> dict[str, str]:
    """InChIKey and formula of a name, by their columns."""
    mol = Chem.MolFromSmiles(smiles)
    with rdBase.BlockLogs():
        key = Chem.MolToInchiKey(mol)
    return {c.INCHIKEY: key, c.FORMULA: rdMolDescriptors.CalcMolFormula(mol)}


def names_of(graph: MolecularGraph) -> tuple[str, ...] | None:
    """The names of all separate molecules, sorted; None where the valences of one do not fit."""
    found = [named(graph.part(atoms)) for atoms in graph.parts()]
    names = tuple(sorted(one.smiles for one in found if one is not None))
    return names if len(names) == len(found) else None


def canonical(smiles: str) -> list[str]:
    """The names of the molecules of a SMILES.

    Raises:
        UnbuildableError: it is none.
        NotExploredError: a molecule has charge, unpaired electrons, or elements or valences that
            are not known.
    """
    mol = Chem.AddHs(molecule("molecule", smiles))
    return [_canonical(piece, smiles) for piece in Chem.GetMolFrags(mol, asMols=True)]


def _canonical(mol: Chem.Mol, smiles: str) -> str:
    if charge := Chem.GetFormalCharge(mol):
        raise NotExploredError(
            f"'{smiles}' has the charge {charge:+d}; networks are of neutral molecules, so leave "
            "it out"
        )
    if sum(atom.GetNumRadicalElectrons() % 2 for atom in mol.GetAtoms()):
        raise NotExploredError(
            f"'{smiles}' has unpaired electrons; networks are of molecules with a closed shell, so "
            "leave it out"
        )
    unknown = sorted({a.GetSymbol() for a in mol.GetAtoms() if a.GetAtomicNum() not in VALENCE})
    if unknown:
        raise NotExploredError(
            f"'{smiles}' has {', '.join(unknown)}, whose valences are not known here; networks "
            "are of molecules of H, B, C, N, O, F, Si, P, S, Cl, Br and I"
        )
    found = named(graph_of_mol(mol))
    if found is None:
        raise NotExploredError(f"the valences of '{smiles}' cannot be filled; correct it")
    return found.smiles


def in_sdf(text: str) -> list[str | None]:
    """SMILES of the records of an SDF file, None for one that cannot be read."""
    supplier = Chem.SDMolSupplier()
    supplier.SetData(text, removeHs=False)
    with rdBase.BlockLogs():
        return [None if mol is None else Chem.MolToSmiles(mol) for mol in supplier]

"""Substituents embedded around atoms that keep their places."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom
from rdkit.Geometry import Point3D
from scipy.spatial.transform import Rotation

from tscreen.actors.growth.core import Core
from tscreen.actors.smiles.mapping import UnbuildableError, molecule
from tscreen.schemas.rejects import RejectCode

EMBEDDINGS = 12
FITS = 0.3
"""Angstrom by which the core may depart from its places, on average, before it is put there; a
mirror image of it does so by more."""
PARTIAL = Chem.SANITIZE_SYMMRINGS | Chem.SANITIZE_SETHYBRIDIZATION
"""What embedding needs to know; the valences of a transition state are none of a molecule."""
PLACE = "place"


class Grown(NamedTuple):
    """A core with substituents, of N atoms: those of the core that stay, then those of each group.

    Attributes:
        numbers: atomic numbers (N,).
        bonds: (N, N) bool.
        starts: embedded geometries (N, 3), Angstrom.
        charge: that the groups add.
    """

    numbers: np.ndarray
    bonds: np.ndarray
    starts: list[np.ndarray]
    charge: int


def grown(
    core: Core, positions: np.ndarray, bonds: np.ndarray, groups: Mapping[str, str], seed: int
) -> Grown:
    """Embed substituents with the core's atoms in given places.

    Args:
        core: its elements, and where groups go.
        positions: of its atoms (M, 3), Angstrom: of the transition state or of a side.
        bonds: between them (M, M).
        groups: SMILES by slot, each with one dummy atom.
        seed: decides the geometries.

    Raises:
        UnbuildableError: `bad_smiles`, `bad_candidate` or `structure_failed`.
    """
    mol = _bare(core, bonds)
    charge = 0
    for slot, index in core.places.items():
        group = _group(groups[slot])
        charge += Chem.GetFormalCharge(group)
        (anchor,) = np.flatnonzero(bonds[index]).tolist()
        mol = _joined(mol, group, anchor)
    mol = _in_order(mol)
    starts = _embedded(mol, positions[core.kept], seed)
    if not starts:
        raise UnbuildableError(
            RejectCode.STRUCTURE_FAILED,
            f"{', '.join(groups.values())} cannot be embedded around the structure; choose smaller "
            "groups or another place",
        )
    numbers = np.array([atom.GetAtomicNum() for atom in mol.GetAtoms()], np.uint8)
    return Grown(numbers, Chem.GetAdjacencyMatrix(mol).astype(bool), starts, charge)


def _bare(core: Core, bonds: np.ndarray) -> Chem.Mol:
    """The atoms of the core that stay, with single bonds."""
    mol = Chem.RWMol()
    places = {index: k for k, index in enumerate(core.kept.tolist())}
    for index in places:
        atom = Chem.Atom(int(core.numbers[index]))
        atom.SetNoImplicit(True)
        atom.SetIntProp(PLACE, index)
        mol.AddAtom(atom)
    for i, j in np.argwhere(np.triu(bonds)).tolist():
        if i in places and j in places:
            mol.AddBond(places[i], places[j], Chem.BondType.SINGLE)
    return mol.GetMol()


def _group(smiles: str) -> Chem.Mol:
    mol = Chem.AddHs(molecule("group", smiles))
    dummies = [atom for atom in mol.GetAtoms() if not atom.GetAtomicNum()]
    if [dummy.GetDegree() for dummy in dummies] != [1]:
        raise UnbuildableError(
            RejectCode.BAD_CANDIDATE, f"'{smiles}' has not one dummy atom, as '*C' for methyl has"
        )
    return mol


def _joined(core: Chem.Mol, group: Chem.Mol, anchor: int) -> Chem.Mol:
    """A group on an atom of the core, which takes the place of its dummy atom.

    So the bonds of the group keep their order, which its handedness refers to.
    """
    both = Chem.RWMol(Chem.CombineMols(core, group))
    (old,) = (a for a in both.GetAtoms() if a.HasProp(PLACE) and a.GetIntProp(PLACE) == anchor)
    (new,) = (a for a in both.GetAtoms() if not a.GetAtomicNum())
    new.SetAtomicNum(old.GetAtomicNum())
    new.SetNoImplicit(True)
    new.SetAtomMapNum(0)
    new.SetIntProp(PLACE, anchor)
    for neighbour in old.GetNeighbors():
        both.AddBond(neighbour.GetIdx(), new.GetIdx(), Chem.BondType.SINGLE)
    both.RemoveAtom(old.GetIdx())
    return both.GetMol()


def _in_order(mol: Chem.Mol) -> Chem.Mol:
    """The atoms of the core first, in its order, then the others, ready to embed."""
    own = [atom.GetIdx() for atom in mol.GetAtoms() if atom.HasProp(PLACE)]
    own.sort(key=lambda index: mol.GetAtomWithIdx(index).GetIntProp(PLACE))
    others = [atom.GetIdx() for atom in mol.GetAtoms() if not atom.HasProp(PLACE)]
    mol = Chem.RenumberAtoms(mol, [*own, *others])
    mol.UpdatePropertyCache(strict=False)
    Chem.SanitizeMol(mol, PARTIAL)
    return mol


def _embedded(mol: Chem.Mol, places: np.ndarray, seed: int) -> list[np.ndarray]:
    """Geometries (N, 3) whose first atoms lie in their places (K, 3)."""
    params: Any = rdDistGeom.EmbedParameters()
    params.randomSeed = seed
    params.numThreads = 1
    params.useRandomCoords = True
    params.embedFragmentsSeparately = False  # the core holds them together
    params.SetCoordMap({k: Point3D(*place) for k, place in enumerate(places.tolist())})
    with rdBase.BlockLogs():
        rdDistGeom.EmbedMultipleConfs(mol, EMBEDDINGS, params)
    n_core, middle = len(places), places.mean(axis=0)
    starts = []
    for conformer in mol.GetConformers():
        positions = conformer.GetPositions()
        positions = positions - positions[:n_core].mean(axis=0)
        turn, misfit = Rotation.align_vectors(places - middle, positions[:n_core])
        if misfit / n_core**0.5 < FITS:
            positions = turn.apply(positions) + middle
            positions[:n_core] = places
            starts.append(positions)
    return starts

"""What the SMILES of a reaction leaves open."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import rdDistGeom

from tscreen.actors.smiles.isomers import MAX_ISOMERS, isomers
from tscreen.actors.smiles.mapping import parse_reaction
from tscreen.actors.smiles.skeleton import Catalysts, Skeleton, Substituents

ENOL = "[CH2:1]=[C:2]([*:11])[O:3][H:4]>>[CH2:1]([H:4])[C:2]([*:11])=[O:3]"
RELAYED = (
    "[CH2:1]=[CH:2][O:3][H:4].[*:21][H:5].[*:22]>>[CH2:1]([H:5])[CH:2]=[O:3].[*:21].[*:22][H:4]"
)
DIELS_ALDER = (
    "[CH2:1]=[CH:2][CH:3]=[CH:4][CH3:7].[CH2:5]=[CH:6][F:8]"
    ">>[CH2:1]1[CH:2]=[CH:3][CH:4]([CH3:7])[CH:6]([F:8])[CH2:5]1"
)
GROUPS = ["*C", "*C=CF", "*C(F)Cl", "*[C@H](F)Cl", r"*/C=C\F", "*C(F)C=CC", "*C(F)C(F)C"]


def with_group(group: str) -> str:
    return Skeleton(ENOL, {"R": Substituents((11,))}).filled({"R": group})


def with_relay(relay: str) -> str:
    slot = Catalysts({"donor": 21, "acceptor": 22})
    return Skeleton(RELAYED, {"relay": slot}).filled({"relay": relay})


def stereo_of(side: str) -> str:
    """The canonical SMILES of a side without map numbers; equal for equal molecules."""
    params = Chem.SmilesParserParams()
    params.removeHs = False
    mol = Chem.MolFromSmiles(side, params)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    return Chem.MolToSmiles(Chem.RemoveHs(mol))


def positions(mol: Chem.Mol) -> np.ndarray:
    assert rdDistGeom.EmbedMolecule(mol, randomSeed=1) == 0
    return mol.GetConformer().GetPositions()


def is_trans(x: np.ndarray, chain: tuple[int, ...]) -> bool:
    """Whether the ends of a chain of four atoms lie on opposite sides of its middle."""
    a, b, c, d = x[list(chain)]
    return bool(np.cross(a - b, c - b) @ np.cross(d - c, b - c) > 0)


@pytest.mark.parametrize(
    ("smiles", "count"),
    [
        (with_group("*C"), 1),
        (with_group("*C=CF"), 2),
        (with_group("*C(F)Cl"), 1),  # two mirror images
        (with_group("*C(F)C(F)C"), 2),  # two pairs of mirror images
        (with_group("*[C@H](F)C(F)C"), 2),
        (with_relay("[NH2:1]C=[NH:2]"), 4),
        (with_relay("[OH:1]C=[O:2]"), 1),
        (DIELS_ALDER, 4),  # E and Z, endo and exo
        (DIELS_ALDER.replace("[CH:3]=[CH:4][CH3:7]", "/[CH:3]=[CH:4]/[CH3:7]", 1), 2),
    ],
)
def test_everything_open_is_enumerated_once(smiles, count):
    found = isomers(smiles)
    assert len(found) == count
    assert len({isomer.smiles for isomer in found}) == count
    assert len({isomer.name for isomer in found}) == count
    assert all(isomer.name for isomer in found) == (count > 1)


@given(st.sampled_from(GROUPS))
def test_what_does_not_change_has_the_same_shape_on_both_sides(group):
    for isomer in isomers(with_group(group)):
        reaction = parse_reaction(isomer.smiles)
        sides = reaction.reactant, reaction.product
        bonded = [Chem.GetAdjacencyMatrix(mol) for mol in sides]
        shapes = [positions(mol) for mol in sides]
        for atom in reaction.reactant.GetAtoms():
            around = np.flatnonzero(bonded[0][atom.GetIdx()])
            if atom.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED:
                assert around.tolist() == np.flatnonzero(bonded[1][atom.GetIdx()]).tolist()
                volumes = [np.linalg.det(x[around[:3]] - x[around[3]]) for x in shapes]
                assert volumes[0] * volumes[1] > 0
        for bond in reaction.reactant.GetBonds():
            if bond.GetStereo() != Chem.BondStereo.STEREONONE:
                first, last = bond.GetStereoAtoms()
                chain = (first, bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), last)
                if not bonded[1][chain[0], chain[1]]:
                    chain = (last, *chain[1:3][::-1], first)
                one, other = (is_trans(x, chain) for x in shapes)
                assert one == other


@pytest.mark.parametrize(
    "written",
    ["[H][N:2]=C[NH2:1]", "[H]/[N:2]=C/[NH2:1]", r"[H]/[N:2]=C\[NH2:1]"],
)
def test_stereo_that_a_library_writes_is_kept(written):
    before = {stereo_of(isomer.smiles.split(">>")[0]) for isomer in isomers(with_relay(written))}
    assert len(before) == (1 if "/" in written else 2)
    if "/" in written:
        assert any(stereo_of(written) in side.split(".") for side in before)


def test_every_isomer_has_the_atoms_of_the_reaction():
    smiles = with_relay("[NH2:1]C=[NH:2]")
    numbers = parse_reaction(smiles).numbers
    for isomer in isomers(smiles):
        assert parse_reaction(isomer.smiles).numbers.tolist() == numbers.tolist()


def test_what_cannot_exist_in_space_is_left_out():
    bicycle = (
        "[CH:1]1=[CH:2][CH:3]=[CH:4][CH2:5]1.[CH2:6]=[CH:7][F:8]"
        ">>[CH:1]12[CH:2]=[CH:3][CH:4]([CH2:5]1)[CH:7]([F:8])[CH2:6]2"
    )
    assert len(isomers(bicycle)) == 2  # endo and exo


def test_many_isomers_are_bounded_and_told():
    found = isomers(with_group("*C(F)C(F)C(F)C(F)C(F)C(F)C"))
    assert MAX_ISOMERS // 2 < len(found) <= MAX_ISOMERS

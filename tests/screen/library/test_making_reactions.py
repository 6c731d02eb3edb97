"""Reactions made of structures, molecules and SMILES, and put into tables."""

import ase.io
import numpy as np
import pyarrow as pa
import pytest
from ase import Atoms
from conftest import HCN, HNC, reaction_row, reaction_table
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import rdDistGeom

from tscreen import Reaction
from tscreen.actors.structures import StructureBuilder
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.reaction import reactions_of, table_of
from tscreen.screen.errors import UsageError

ADDITION = "[CH2:1]=[CH2:2].[H:3][Cl:4]>>[CH2:1]([H:3])[CH2:2][Cl:4]"


def embedded(smiles: str, *, hydrogens: bool = True) -> Chem.Mol:
    mol = Chem.MolFromSmiles(smiles)
    mol = Chem.AddHs(mol) if hydrogens else mol
    assert rdDistGeom.EmbedMolecule(mol, randomSeed=1) == 0
    return mol


def same(one: object, other: object) -> None:
    for name, value in vars(one).items():
        np.testing.assert_array_equal(getattr(other, name), value, err_msg=name)


def test_a_reaction_of_two_structures_is_that_of_a_table():
    made = Reaction.from_atoms(Atoms("HCN", HCN), Atoms("HCN", HNC), reaction_id="a")
    [read] = reactions_of(reaction_table(reaction_row("a")))
    [back] = reactions_of(table_of([made]))
    same(read, made)
    same(read, back)


def test_atoms_far_apart_are_separate_molecules_and_odd_electrons_make_a_doublet():
    apart = HCN - np.array([[0, 0, 3.0], [0, 0, 0], [0, 0, 0]])
    made = Reaction.from_atoms(Atoms("HCN", HCN), Atoms("HCN", apart), charge=1)
    assert made.reactant_fragments.tolist() == [0, 0, 0]
    assert made.product_fragments.tolist() == [0, 1, 1]
    assert (made.charge, made.multiplicity) == (1, 2)


@pytest.mark.parametrize(
    ("product", "message"),
    [
        (
            Atoms("CHO", HNC),
            r"'a': atom 0 \(counting from 0\) is H in the reactant and C in the product; list the",
        ),
        (Atoms("HC", HNC[:2]), "'a': the reactant has 3 atoms and the product 2; list the same"),
    ],
)
def test_other_atoms_are_no_product(product, message):
    with pytest.raises(UsageError, match=message):
        Reaction.from_atoms(Atoms("HCN", HCN), product, reaction_id="a")


def test_files_and_texts_are_the_same_and_say_charge_and_multiplicity(tmp_path):
    sides = [Atoms("HCN", HCN, info={"charge": 1}), Atoms("HCN", HNC, info={"multiplicity": 4})]
    paths = [tmp_path / "reactant.xyz", tmp_path / "product.xyz"]
    for path, side in zip(paths, sides, strict=True):
        ase.io.write(path, side, format="extxyz")
    read = Reaction.from_xyz(*paths)
    assert (read.charge, read.multiplicity) == (1, 4)
    np.testing.assert_allclose(read.product_positions, HNC, atol=1e-6)
    same(read, Reaction.from_xyz(str(paths[0]), paths[1].read_text()))
    told = Reaction.from_xyz(*paths, charge=0, multiplicity=3)
    assert (told.charge, told.multiplicity) == (0, 3)


def test_a_plain_xyz_is_neutral_and_has_the_lowest_spin():
    lines = (f"{s} {x} {y} {z}" for s, (x, y, z) in zip("HCN", HCN, strict=True))
    text = "3\nE = -93.4\n" + "\n".join(lines) + "\n"
    read = Reaction.from_xyz(text, text)
    assert (read.charge, read.multiplicity) == (0, 1)


@pytest.mark.parametrize(
    ("reactant", "message"),
    [
        ("lost.xyz", "'a': the reactant 'lost.xyz' cannot be read: .*give the path of an XYZ"),
        ("1\n\nXq 0 0 0\n", "'a': the text of the reactant cannot be read: .*no element 'Xq'"),
        ("1\n\nH 0 0 0\n1\n\nH 0 0 0\n", "it holds 2 structures; give one"),
        ("2\n\nH 0 0 0\n", "frame 0 .* ends before its 2 atoms do"),
        ("1\ncharge=much\nH 0 0 0\n", "'a': charge=much in a comment line is no whole number"),
    ],
)
def test_what_is_wrong_with_an_xyz_is_told(reactant, message):
    with pytest.raises(UsageError, match=message):
        Reaction.from_xyz(reactant, "1\n\nH 0 0 0\n", reaction_id="a")


def test_molecules_mapped_like_a_smiles_have_the_atoms_of_the_smiles():
    sides = [embedded(smiles) for smiles in ("[CH3:1][OH:2].[F-:3]", "[OH-:2].[CH3:1][F:3]")]
    made = Reaction.from_mols(*sides, reaction_id="sn2")
    assert made.atomic_numbers.tolist() == [6, 8, 9, 1, 1, 1, 1]
    assert made.reactant_fragments.tolist() == [0, 0, 1, 0, 0, 0, 0]
    assert made.product_fragments.tolist() == [0, 1, 0, 0, 0, 0, 1]
    assert (made.charge, made.multiplicity) == (-1, 1)
    methyl = made.product_fragments == 0
    bonds = bond_graph(made.atomic_numbers[methyl], made.product_positions[methyl])
    assert bonds.sum(0).tolist() == [4, 1, 1, 1, 1]  # carbon, fluorine and three hydrogens


@given(st.permutations(range(7)), st.permutations(range(7)))
def test_mapped_atoms_may_stand_in_any_order(one, other):
    sides = [embedded("C=CO"), embedded("CC=O")]
    for mol in sides:
        for atom in mol.GetAtoms():
            atom.SetAtomMapNum(1 + atom.GetIdx())
    shuffled = map(Chem.RenumberAtoms, sides, (one, other))
    same(Reaction.from_mols(*sides), Reaction.from_mols(*shuffled))


def test_unmapped_atoms_are_matched_by_their_order():
    one, other = embedded("C=CO"), embedded("C=CO")
    made = Reaction.from_mols(one, other)
    np.testing.assert_allclose(
        made.reactant_positions, one.GetConformer().GetPositions(), atol=1e-6
    )
    with pytest.raises(UsageError, match=r"'a': atom 1 .* is C in the .* or give them map numbers"):
        Reaction.from_mols(one, embedded("CN"), reaction_id="a")


def test_atoms_whose_elements_stand_in_another_order_are_mapped():
    made = Reaction.from_mols(embedded("C=CO"), embedded("OC=C"))
    bonds = [
        bond_graph(made.atomic_numbers, x)
        for x in (made.reactant_positions, made.product_positions)
    ]
    np.testing.assert_array_equal(*bonds)


def test_what_a_molecule_lacks_is_told():
    whole = embedded("[CH4:1]")
    bare = embedded("[CH4:1]", hydrogens=False)
    flat = Chem.AddHs(Chem.MolFromSmiles("[CH4:1]"))
    unmapped = embedded("C")
    for mol, message in (
        (bare, r"'a': atom 0 \(counting from 0, C\) of the product lacks 4 hydrogens; add them"),
        (flat, "'a': the product has 0 conformers and needs one"),
        (unmapped, "'a': map number 1 occurs on one side only|C atom of the product has no map"),
    ):
        with pytest.raises(UsageError, match=message):
            Reaction.from_mols(whole, mol, reaction_id="a")


def test_a_smiles_gets_the_structures_of_a_run():
    made = Reaction.from_smiles(ADDITION, reaction_id="a", seed=3)
    row = {c.REACTION_ID: ["a"], c.SMILES: [ADDITION]}
    [built] = reactions_of(StructureBuilder(seed=3)(pa.table(row)))
    same(built, made)
    with pytest.raises(UsageError, match="'b': map number 2 occurs on one side only"):
        Reaction.from_smiles("[CH3:1][H:2]>>[CH3:1]", reaction_id="b")

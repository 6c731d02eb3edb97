"""Names of molecules: the same whatever they come from; and sentences for what has none."""

import pytest
from ase.build import molecule as of_ase

from tscreen.actors.exploring.graphs import (
    MolecularGraph,
    NotExploredError,
    canonical,
    graph_of,
    graph_of_structure,
    named,
    names_of,
)
from tscreen.actors.exploring.lewis import formulas
from tscreen.actors.smiles.mapping import UnbuildableError


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C=[N+]=[N-]", "[CH2-][N+]#N"),
        ("C[S+](C)[O-]", "CS(C)=O"),
        ("C1=CC=CC=C1", "c1ccccc1"),
        ("[C]=O", "[C-]#[O+]"),
        ("C/C=C/C", r"C/C=C\C"),
        ("OC([H])=C", "C=CO"),
    ],
)
def test_one_molecule_has_one_name_however_it_is_drawn(one, other):
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    "smiles",
    ["C[N+](=O)[O-]", "[C-]#[NH+]", "C=[O+][O-]", "[CH2]", "O=[N+]([O-])c1ccc([N+](=O)[O-])cc1"],
)
def test_names_of_what_has_charges_or_lone_pairs_come_back(smiles):
    (name,) = canonical(smiles)
    assert canonical(name) == [name]
    assert names_of(graph_of(name)) == (name,)


@pytest.mark.parametrize(
    ("ase", "name"),
    [
        ("CH3CHO", "CC=O"),
        ("CO", "[C-]#[O+]"),
        ("HCN", "C#N"),
        ("C6H6", "c1ccccc1"),
        ("bicyclobutane", "C1C2CC12"),
        ("H2O", "O"),
        ("CH2_s1A1d", "[CH2]"),
    ],
)
def test_structures_have_the_names_of_what_they_are(ase, name):
    atoms = of_ase(ase)
    assert names_of(graph_of_structure(atoms.numbers, atoms.positions)) == (name,)


def test_what_has_no_closed_shell_has_no_name():
    assert names_of(MolecularGraph((6, 1, 1, 1), ((0, 1), (0, 2), (0, 3)))) is None
    assert named(MolecularGraph((1, 1, 1), ((0, 1), (1, 2)))) is None


def test_charges_that_are_far_apart_are_no_formula():
    numbers = (7, 6, 6, 8, 8, 1, 1, 1, 1, 1)  # glycine, its acid's hydrogen on the nitrogen
    bonds = ((0, 1), (0, 5), (0, 6), (0, 7), (1, 2), (1, 8), (1, 9), (2, 3), (2, 4))
    assert formulas(numbers, bonds, 1) == []


@pytest.mark.parametrize(
    ("smiles", "error", "told"),
    [
        ("[NH4+]", NotExploredError, "charge"),
        ("[CH3]", NotExploredError, "unpaired"),
        ("[Fe]", NotExploredError, "Fe"),
        ("C(C)(C)(C)(C)C", UnbuildableError, "makes no sense"),
        ("xx", UnbuildableError, "cannot be parsed"),
    ],
)
def test_what_cannot_be_explored_gets_a_sentence(smiles, error, told):
    with pytest.raises(error, match=told):
        canonical(smiles)

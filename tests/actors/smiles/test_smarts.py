"""Reaction SMARTS on molecules."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from tscreen.actors.smiles.mapping import UnbuildableError, parse_reaction
from tscreen.actors.smiles.smarts import ReactionSmarts, SmartsError

DEHYDRATION = "[H:1][C:2][C:3][O:4]>>[C:2]=[C:3].[H:1][O:4]"
DIELS_ALDER = "[C:1]=[C:2][C:3]=[C:4].[C:5]=[C:6]>>[C:1]1[C:2]=[C:3][C:4][C:6][C:5]1"
ALCOHOLS = [
    "CCO",
    "CC(O)CC",
    "OC1CCCCC1",
    "C[C@H](O)[C@@H](C)F",
    "OCCN(C)C(=O)c1ccccc1",
    "NCC(C)(O)C",
]


@given(st.sampled_from(ALCOHOLS))
def test_every_outcome_keeps_all_atoms_and_changes_what_the_smarts_says(smiles):
    for outcome in ReactionSmarts(DEHYDRATION).outcomes(smiles):
        reaction = parse_reaction(outcome.smiles)  # which matches all atoms
        bonds = [Chem.GetAdjacencyMatrix(mol) for mol in (reaction.reactant, reaction.product)]
        broken, formed = (
            np.argwhere(np.triu(b, 1)) for b in (bonds[0] > bonds[1], bonds[1] > bonds[0])
        )
        symbols = [sorted(int(reaction.numbers[k]) for k in pair) for pair in [*broken, *formed]]
        assert sorted(symbols) == [[1, 6], [1, 8], [6, 8]]
        before = Chem.MolFromSmiles(outcome.smiles.split(">>")[0])
        for atom in before.GetAtoms():
            atom.SetAtomMapNum(0)
        assert Chem.CanonSmiles(Chem.MolToSmiles(before)) == Chem.CanonSmiles(smiles)


@pytest.mark.parametrize(
    ("smarts", "smiles", "products"),
    [
        (DEHYDRATION, "CC(C)O", {"C=CC.O"}),  # six equal hydrogens
        (DEHYDRATION, "CCC(C)O", {"CC=CC.O", "C=CCC.O"}),
        (DIELS_ALDER, "C=C.C=CC=C", {"C1=CCCCC1"}),  # in either order
        (DIELS_ALDER, "C=C(C)C=C.C=CC#N", {"CC1=CCCC(C#N)C1", "CC1=CCC(C#N)CC1"}),
    ],
)
def test_different_ways_are_found_and_equal_ones_counted_once(smarts, smiles, products):
    found = ReactionSmarts(smarts).outcomes(smiles)
    assert sorted(outcome.products for outcome in found) == sorted(products)


@pytest.mark.parametrize(
    ("smarts", "said"),
    [
        ("[C:1]>>", "each of its atoms on both sides"),
        ("[C:1]O>>[C:1]", "each of its atoms on both sides"),
        ("[C:1][O:2]>>[C:1]", "what leaves"),
        ("[C:1][C:1]>>[C:1][C:1]", "each of its atoms on both sides"),
        ("[C:1", "cannot be read"),
        ("CC", "cannot be read"),
    ],
)
def test_a_smarts_that_loses_atoms_is_refused(smarts, said):
    with pytest.raises(SmartsError, match=said):
        ReactionSmarts(smarts)


@pytest.mark.parametrize(
    ("smiles", "code", "said"),
    [
        ("C1CC", "bad_smiles", "cannot be parsed"),
        ("CC", "bad_candidate", "makes nothing of 'CC'"),
        ("CCO.O", "bad_candidate", "has 2 molecules where the SMARTS has 1"),
    ],
)
def test_a_molecule_that_does_not_react_is_refused(smiles, code, said):
    with pytest.raises(UnbuildableError, match=said) as caught:
        ReactionSmarts(DEHYDRATION).outcomes(smiles)
    assert caught.value.code == code

"""Charge and spin of molecules are those that a SMILES writes."""

import pytest
from rdkit import Chem

from tscreen.actors.smiles.mapping import UnbuildableError, parse_reaction
from tscreen.actors.smiles.states import electrons_of, states

OXYGEN_TO_ETHENE = "[CH2:1]=[CH2:2].{}>>[CH2:1]1[CH2:2][O:3][O:4]1"
TRIPLET, SINGLET = "[O:3][O:4]", "[O:3]=[O:4]"


def side(smiles: str) -> Chem.Mol:
    return Chem.AddHs(Chem.MolFromSmiles(smiles))


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("C", [(0, 0, 0)]),
        ("[OH].C", [(0, 1, 1), (0, 0, 0)]),
        ("[F-].CCl", [(-1, 0, 0), (0, 0, 0)]),
        ("[NH4+].CC(=O)[O-]", [(1, 0, 0), (-1, 0, 0)]),
        ("C[N+](=O)[O-]", [(0, 0, 0)]),
        ("[CH2].[NH].[O]", [(0, 0, 0)] * 3),
        ("[C]1NC=CN1", [(0, 0, 0)]),
        ("[O][O].O=O", [(0, 2, 2), (0, 0, 0)]),
        ("[CH2]CC[CH2]", [(0, 0, 2)]),
        ("[N]=O.[N]", [(0, 1, 1), (0, 1, 1)]),
        ("[Ti](Cl)(Cl)Cl", [(0, 1, 1)]),
        ("[Fe]", [(0, 0, 0)]),
    ],
)
def test_what_a_smiles_says_of_its_molecules(smiles, expected):
    assert electrons_of(side(smiles)) == expected


@pytest.mark.parametrize(
    ("smiles", "multiplicity", "expected"),
    [
        ("[CH3].[CH3]", 1, [(0, 2), (0, 2)]),
        ("[CH3].[CH3]", 3, [(0, 2), (0, 2)]),
        ("[CH3].[O][O]", 2, [(0, 2), (0, 3)]),
        ("[CH2]CC[CH2].C", 1, [(0, 1), (0, 1)]),
        ("[CH2]CC[CH2].C", 3, [(0, 3), (0, 1)]),
        ("C.[CH2]CC[CH2]", 3, [(0, 1), (0, 3)]),
        ("[CH2]", 3, [(0, 3)]),  # one molecule has the spin of the whole
        ("[CH2].C", 3, [(0, 1), (0, 1)]),  # who has it of two is found out by their energies
    ],
)
def test_unpaired_electrons_are_handed_out_as_they_are_written(smiles, multiplicity, expected):
    assert states(side(smiles), multiplicity) == expected


@pytest.mark.parametrize(
    ("smiles", "charge", "multiplicity", "expected"),
    [
        (
            "[F-:1].[CH3:2][Cl:3]>>[F:1][CH3:2].[Cl-:3]",
            -1,
            1,
            [[(-1, 1), (0, 1)], [(0, 1), (-1, 1)]],
        ),
        (
            "[CH3:1][H:2].[OH:3]>>[CH3:1].[H:2][OH:3]",
            0,
            2,
            [[(0, 1), (0, 2)], [(0, 2), (0, 1)]],
        ),
        (
            "[NH3:1].[CH3:2][C:3](=[O:4])[O:5][H:6]>>[NH3+:1][H:6].[CH3:2][C:3](=[O:4])[O-:5]",
            0,
            1,
            [[(0, 1), (0, 1)], [(1, 1), (-1, 1)]],
        ),
        (
            "[CH3:1][H:2].[O:3][O:4]>>[CH3:1].[H:2][O:3][O:4]",
            0,
            3,
            [[(0, 1), (0, 3)], [(0, 2), (0, 2)]],
        ),
        ("[CH2:1].[CH2:2]=[CH2:3]>>[CH2:1]1[CH2:2][CH2:3]1", 0, 1, [[(0, 1), (0, 1)], [(0, 1)]]),
        (OXYGEN_TO_ETHENE.format(SINGLET), 0, 1, [[(0, 1), (0, 1)], [(0, 1)]]),
    ],
    ids=["SN2", "abstraction", "ion pair", "triplet oxygen", "carbene", "singlet oxygen"],
)
def test_textbook_reactions_have_the_states_of_the_textbook(smiles, charge, multiplicity, expected):
    reaction = parse_reaction(smiles)
    assert (reaction.charge, reaction.multiplicity) == (charge, multiplicity)
    assert reaction.states(multiplicity) == expected


def test_spins_that_do_not_combine_are_refused_with_what_to_write_instead():
    reaction = parse_reaction(OXYGEN_TO_ETHENE.format(TRIPLET))
    with pytest.raises(UnbuildableError, match=r"multiplicity 1, 3 combine to 3.*O=O") as caught:
        reaction.states(reaction.multiplicity)
    assert caught.value.code == "electron_count"
    assert reaction.states(3) == [[(0, 1), (0, 3)], [(0, 3)]]

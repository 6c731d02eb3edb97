import pytest
from rdkit import Chem

from tscreen.actors.mapping.unmapped import completed
from tscreen.actors.smiles.mapping import UnbuildableError, parse_reaction


def changed(smiles: str) -> int:
    reaction = parse_reaction(smiles)
    before, after = (Chem.GetAdjacencyMatrix(mol) for mol in (reaction.reactant, reaction.product))
    return int((before != after).sum()) // 2


def bare(smiles: str) -> str:
    """Both sides without map numbers, in an order of their own."""
    reaction = parse_reaction(smiles)
    for mol in (reaction.reactant, reaction.product):
        for atom in mol.GetAtoms():
            atom.SetAtomMapNum(0)
    sides = (Chem.RemoveHs(mol) for mol in (reaction.reactant, reaction.product))
    return ">>".join(map(Chem.MolToSmiles, sides))


@pytest.mark.parametrize(
    ("smiles", "n_changes", "n_maps"),
    [
        ("C=CO>>CC=O", 2, 1),
        ("C=CC=C.C=C>>C1=CCCCC1", 2, 1),
        ("C=CCC=CC>>C=CC(C)C=C", 2, 1),
        ("O=C=O.[H][H]>>OC=O", 3, 1),
        ("[OH-].CBr>>CO.[Br-]", 2, 1),
        ("[H][H]>>[H][H]", 0, 1),
        ("OC1CCCC=C1>>C1=CCCC=C1.O", 3, 2),  # of the carbon beside, or of the one across
    ],
)
def test_the_fewest_bonds_change_hydrogens_included(smiles, n_changes, n_maps):
    maps = completed(smiles)
    assert len(maps) == n_maps
    assert {changed(one) for one in maps} == {n_changes}
    assert [bare(one) for one in maps] == [
        ">>".join(Chem.CanonSmiles(side) for side in smiles.split(">>"))
    ] * n_maps


def test_a_whole_map_is_left_alone():
    assert completed("[CH2:1]=[CH:2][O:3][H:4]>>[CH2:1]([H:4])[CH:2]=[O:3]") == []
    assert completed("[CH3:1][OH:2]>>[CH3:1][OH:2]") == []


def test_numbers_that_are_given_are_kept():
    # Without numbers the terminal atom of the one is that of the other and nothing changes.
    (one,) = completed("[CH2:7]=CC=CC>>CC=CC=[CH2:7]")
    assert changed(one) == 0
    crossed = completed("[CH2:7]=CC=CC>>[CH3:7]C=CC=C")
    assert {changed(one) for one in crossed} == {2}
    (heavy,) = completed("[CH2:1]=[CH:2][OH:3]>>[CH3:1][CH:2]=[O:3]")
    numbers = [atom.GetAtomMapNum() for atom in parse_reaction(heavy).reactant.GetAtoms()]
    assert sorted(numbers)[-4:] == [1, 2, 3, 4]


def test_stereocentres_keep_their_handedness():
    side = "C[C@H](O)CC[C@@H](C)O"  # meso: its halves are the same but for their handedness
    (one,) = completed(f"{side}>>{side}")
    for before, after in zip(
        *(
            parse_reaction(one).__getattribute__(name).GetAtoms()
            for name in ("reactant", "product")
        ),
        strict=True,
    ):
        assert before.GetChiralTag() == after.GetChiralTag()


@pytest.mark.parametrize(
    ("smiles", "code", "hint"),
    [
        ("CC", "bad_smiles", "reactants>>products"),
        ("CC>>C", "elements_differ", "C2H6 as reactant and CH4 as product"),
        ("[CH3:1][CH3:1]>>CC", "unmapped_smiles", "occurs twice"),
        ("[CH3:1]C>>CC", "unmapped_smiles", "one side only"),
        ("C1CC1.C1CC1.C1CC1>>C=C.C=C.C=C.C=C.[CH2]", "no_mapping", "6 bonds or fewer"),
    ],
)
def test_what_cannot_be_mapped_says_why(smiles, code, hint):
    with pytest.raises(UnbuildableError, match=hint) as caught:
        completed(smiles)
    assert caught.value.code == code


def test_reference_reactions_get_their_map_back(gdb7):
    rows = gdb7.slice(2000, 2000).to_pylist()[::100]
    for row in rows:
        maps = completed(bare(row["smiles"]))
        n_true = changed(row["smiles"])
        assert all(changed(one) <= n_true for one in maps), row["reaction_id"]

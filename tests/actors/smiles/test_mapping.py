import csv
from pathlib import Path

import pytest

from tscreen.actors.smiles.mapping import UnbuildableError, parse_reaction

EXAMPLES = Path(__file__).parents[3] / "examples"


def examples(name: str = "reactions.csv") -> list[dict[str, str]]:
    with (EXAMPLES / name).open(newline="") as file:
        return list(csv.DictReader(file))


def bonds(mol) -> set[frozenset[int]]:
    return {frozenset((b.GetBeginAtomIdx(), b.GetEndAtomIdx())) for b in mol.GetBonds()}


def changed(smiles: str) -> tuple[set, set]:
    """Bonds that are broken and that are formed."""
    reaction = parse_reaction(smiles)
    before, after = bonds(reaction.reactant), bonds(reaction.product)
    return before - after, after - before


def test_mapped_atoms_come_first_in_the_order_of_their_numbers():
    reaction = parse_reaction("[CH2:2]=[CH:7][O:4][H:9]>>[H:9][CH2:2][CH:7]=[O:4]")
    assert reaction.numbers.tolist() == [6, 8, 6, 1, 1, 1, 1]
    assert (reaction.charge, reaction.multiplicity) == (0, 1)


def test_only_the_bonds_of_the_reaction_change():
    broken, formed = changed("[CH2:1]=[CH:2][O:3][H:4]>>[H:4][CH2:1][CH:2]=[O:3]")
    assert broken == {frozenset((2, 3))}
    assert formed == {frozenset((0, 3))}


def test_unmapped_hydrogens_stay_on_their_atom_however_the_sides_are_written():
    broken, formed = changed("[CH3:1][CH2:2][OH:3]>>[OH:3][CH2:2][CH3:1]")
    assert broken == formed == set()


@pytest.mark.parametrize(
    ("smiles", "charge", "multiplicity"),
    [
        ("[OH:1][CH3:2]>>[OH:1][CH3:2]", 0, 1),
        ("[OH-:1].[CH3:2][F:3]>>[OH:1][CH3:2].[F-:3]", -1, 1),
        ("[CH3:1].[CH2:2]=[CH2:3]>>[CH3:1][CH2:2][CH2:3]", 0, 2),
        ("[CH2:1]=[CH2:2]>>[CH2:1][CH2:2]", 0, 1),
    ],
)
def test_charge_and_multiplicity_are_those_of_the_smiles(smiles, charge, multiplicity):
    reaction = parse_reaction(smiles)
    assert (reaction.charge, reaction.multiplicity) == (charge, multiplicity)


@pytest.mark.parametrize(
    ("smiles", "code", "hint"),
    [
        ("CC", "bad_smiles", "reactants>>products"),
        ("[CH4:1]>>", "bad_smiles", "product '' cannot be parsed"),
        ("[CH4:1>>[CH4:1]", "bad_smiles", "cannot be parsed"),
        ("[CH3:1]([CH3:2])([CH3:3])[CH3:4]>>C", "bad_smiles", "valence"),
        ("C>>C", "unmapped_smiles", "C atom of the reactant has no map number"),
        ("[H][H]>>[H][H]", "unmapped_smiles", "H atom of the reactant"),
        ("[CH3:1][CH3:1]>>[CH3:1][CH3:1]", "unmapped_smiles", "occurs twice in the reactant"),
        ("[CH3:1][CH3:2]>>[CH3:1][CH3:3]", "unmapped_smiles", "number 2 occurs on one side"),
        ("[CH3:1][OH:2]>>[CH3:2][OH:1]", "elements_differ", "number 1 is C"),
        ("[CH2:1]=[CH:2][OH:3]>>[CH3:1][CH:2]=[O:3]", "unmapped_smiles", "moving hydrogens"),
        ("[NH3:1]>>[NH4+:1]", "unmapped_smiles", "3 hydrogens"),
        ("[OH:1][H:2]>>[OH-:1].[H:2]", "electron_count", "sum to 0"),
    ],
)
def test_a_smiles_that_cannot_be_used_says_why(smiles, code, hint):
    with pytest.raises(UnbuildableError, match=hint) as caught:
        parse_reaction(smiles)
    assert caught.value.code == code


def test_the_examples_are_many_and_different():
    rows = examples()
    assert len(rows) >= 14
    assert len({row["reaction_id"] for row in rows}) == len(rows)
    assert len({row["family"] for row in rows}) >= 8


@pytest.mark.parametrize("row", examples(), ids=lambda row: row["reaction_id"])
def test_every_example_is_a_mapped_reaction_of_a_kind_that_is_screened(row):
    reaction = parse_reaction(row["smiles"])
    assert set(reaction.numbers.tolist()) <= {1, 6, 7, 8}
    assert len(reaction.numbers) <= 23
    assert (reaction.charge, reaction.multiplicity) == (0, 1)
    broken, formed = changed(row["smiles"])
    assert 1 <= len(broken | formed) <= 6


OPEN = examples("ions_and_radicals.csv")


def test_the_open_shells_and_ions_are_many_and_different():
    assert len({row["reaction_id"] for row in OPEN}) == len(OPEN) == 20
    assert len({row["family"] for row in OPEN}) >= 6


@pytest.mark.parametrize("row", OPEN, ids=lambda row: row["reaction_id"])
def test_every_such_example_has_ions_or_radicals_and_more_than_one_molecule(row):
    reaction = parse_reaction(row["smiles"])
    reactant, product = reaction.states(reaction.multiplicity)
    assert len(reactant) == 2
    assert {*reactant, *product} != {(0, 1)}
    broken, formed = changed(row["smiles"])
    assert 1 <= len(broken | formed) <= 5


def held(smiles: str) -> list[tuple[str, set[int]]]:
    """Double bonds with a stereochemistry, by both sides, and the atoms that decide about it."""
    reaction = parse_reaction(smiles)
    return [
        (bond.GetStereo().name, set(bond.GetStereoAtoms()))
        for mol in (reaction.reactant, reaction.product)
        for bond in mol.GetBonds()
        if bond.GetStereoAtoms()
    ]


@pytest.mark.parametrize(
    ("smiles", "found"),
    [
        # cyclohexadiene opens to (Z)-hexatriene, however its ring is written
        (
            "[CH:1]1=[CH:2][CH:3]=[CH:4][CH2:5][CH2:6]1>>[CH2:6]=[CH:1][CH:2]=[CH:3][CH:4]=[CH2:5]",
            [("STEREOCIS", {0, 3})],
        ),
        (
            "[CH2:5]1[CH2:6][CH:1]=[CH:2][CH:3]=[CH:4]1>>[CH2:5]=[CH:4][CH:3]=[CH:2][CH:1]=[CH2:6]",
            [("STEREOCIS", {0, 3})],
        ),
        # and a ring closes from the isomer that can
        (
            "[O:1]=[CH:2][CH:3]=[CH:4][CH:5]=[CH2:6]>>[O:1]1[CH:2]=[CH:3][CH:4]=[CH:5][CH2:6]1",
            [("STEREOCIS", {1, 4})],
        ),
        # what is written stays
        (
            "[CH:1]1=[CH:2][CH:3]=[CH:4][CH2:5][CH2:6]1>>"
            "[CH2:6]=[CH:1]/[CH:2]=[CH:3]/[CH:4]=[CH2:5]",
            [("STEREOE", {0, 3})],
        ),
        # a ring of eight may have a trans bond; butadiene has nothing to hold
        (
            "[CH:1]1=[CH:2][CH:3]=[CH:4][CH2:5][CH2:7][CH2:8][CH2:6]1>>"
            "[CH2:8]=[CH2:7].[CH2:6]=[CH:1][CH:2]=[CH:3][CH:4]=[CH2:5]",
            [],
        ),
        ("[CH2:1]1[CH2:2][CH:3]=[CH:4]1>>[CH2:1]=[CH:4][CH:3]=[CH2:2]", []),
    ],
)
def test_a_small_ring_of_one_side_decides_about_the_double_bonds_of_the_other(smiles, found):
    assert held(smiles) == found

"""Filling the open places of a reaction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem

from tscreen.actors.smiles.mapping import CONTACT, UnbuildableError, parse_reaction
from tscreen.actors.smiles.skeleton import (
    Catalysts,
    Contacts,
    Skeleton,
    SkeletonError,
    Substituents,
)

ENOL = (
    "[CH2:1]=[C:2]([*:11])[O:3][H:4].[*:21][H:5].[*:22]"
    ">>[CH2:1]([H:5])[C:2]([*:11])=[O:3].[*:21].[*:22][H:4]"
)
SLOTS = {"R": Substituents((11,)), "relay": Catalysts({"donor": 21, "acceptor": 22})}
DIRECT = "[CH2:1]=[C:2]([*:11])[O:3][H:4]>>[CH2:1]([H:4])[C:2]([*:11])=[O:3]"

GROUPS = ["*[H]", "*C", "*c1ccccc1", "*C(F)(F)F", "*OC", "*[N+](=O)[O-]", "[*:1]C#N", r"*/C=C\C"]
# Donor and acceptor are one atom in the first row; in the second the catalyst ends as its tautomer.
RELAYS = ["[OH2:1]", "C[OH:1]", "[NH3:1]", "O=C(N)[NH2:1]", "[SH2:1]"]
RELAYS += ["[OH:1]C=[O:2]", "[NH2:1]C=[NH:2]", "NC([NH2:1])=[O:2]", "[OH:1]P(O)(O)=[O:2]"]
RELAYS += ["[nH:1]1ccccc1=[O:2]", "[NH2:1]c1cccc[n:2]1", "[OH:1]C=CC=[O:2]"]


def bonds(mol: Chem.Mol) -> set[frozenset[int]]:
    """Pairs of map numbers that are bonded."""
    ends = ((b.GetBeginAtom(), b.GetEndAtom()) for b in mol.GetBonds())
    pairs = (frozenset(atom.GetAtomMapNum() for atom in pair) for pair in ends)
    return {pair for pair in pairs if 0 not in pair}


def plain(smiles: str) -> str:
    """Canonical SMILES without map numbers."""
    mol = Chem.MolFromSmiles(smiles)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    return Chem.CanonSmiles(Chem.MolToSmiles(mol))


@given(st.sampled_from(GROUPS), st.sampled_from(RELAYS))
def test_every_combination_is_balanced_and_changes_the_four_bonds_that_are_drawn(group, relay):
    smiles = Skeleton(ENOL, SLOTS).filled({"R": group, "relay": relay})
    reaction = parse_reaction(smiles)  # which demands the same mapped atoms on both sides
    before, after = bonds(reaction.reactant), bonds(reaction.product)
    broken, formed = before - after, after - before
    (donor,) = (set(pair) - {5} for pair in broken if 5 in pair)
    (acceptor,) = (set(pair) - {4} for pair in formed if 4 in pair)
    assert broken == {frozenset({3, 4}), frozenset({5, *donor})}
    assert formed == {frozenset({1, 5}), frozenset({4, *acceptor})}
    assert (donor == acceptor) == (":2]" not in relay)
    assert donor | acceptor <= set(range(2000, 3000))
    charges = {a.GetFormalCharge() for a in reaction.product.GetAtoms()}
    assert charges == ({-1, 0, 1} if "N+" in group else {0})


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_is_the_same_on_both_sides(group):
    reactant, product = Skeleton(DIRECT, {"R": SLOTS["R"]}).filled({"R": group}).split(">>")
    rest = group.replace("[*:1]", "*").removeprefix("*").removeprefix("[H]")
    assert plain(reactant) == Chem.CanonSmiles(f"OC(=C){rest}")
    assert plain(product) == Chem.CanonSmiles(f"O=C(C){rest}")


def test_a_fragment_on_two_atoms_closes_a_ring_or_is_two_groups():
    iminium = "[CH2:1]=[N+:2]([*:11])[*:12].[H-:3]>>[CH2:1]([H:3])[N:2]([*:11])[*:12]"
    skeleton = Skeleton(iminium, {"amine": Substituents((11, 12))})
    for fragment, amine in [
        ("[*:1]CCCC[*:2]", "CN1CCCC1"),
        ("C[*:2].CC[*:1]", "CCN(C)C"),
        ("[*:2]C(=O)CC[*:1]", "CN1CCC1=O"),
    ]:
        assert plain(skeleton.filled({"amine": fragment}).split(">>")[1]) == Chem.CanonSmiles(amine)
    for fragment, said in [
        ("*CCC*", r"numbered \[0, 0\]; number them 1 to 2"),
        ("[*:1]CC", "here 2"),
        ("[*:1]C=[*:2]", "one single bond"),
    ]:
        with pytest.raises(UnbuildableError, match=said):
            skeleton.filled({"amine": fragment})


ADDITION = "[CH2:1]=[O:2].[N:3]#[C:4][H:5]>>[CH2:1]([C:4]#[N:3])[O:2][H:5]"


@pytest.mark.parametrize("acid", ["F[B:1](F)F", "NC(=S)N[H:1]", "Cl[Al:1](Cl)Cl", "[H:1]OC"])
def test_an_acid_touches_the_same_lone_pair_on_both_sides_and_changes_no_bond(acid):
    alone = parse_reaction(ADDITION)
    bound = parse_reaction(Skeleton(ADDITION, {"acid": Contacts(2)}).filled({"acid": acid}))
    contacts = []
    for mol in (bound.reactant, bound.product):
        touching = [b for b in mol.GetBonds() if b.GetBondType() == CONTACT]
        contacts.append([(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in touching])
        assert {b.GetBeginAtom().GetAtomMapNum() for b in touching} == {2}
    assert contacts[0] == contacts[1]
    assert len(contacts[0]) == 1
    changed = bonds(bound.reactant) ^ bonds(bound.product)
    assert changed == bonds(alone.reactant) ^ bonds(alone.product)


@pytest.mark.parametrize("centre", ["@", "@@"])
def test_handedness_survives(centre):
    smiles = Skeleton(DIRECT, {"R": SLOTS["R"]}).filled({"R": f"*[C{centre}H](F)C"})
    for side, rest in zip(smiles.split(">>"), ("OC(=C)", "O=C(C)"), strict=True):
        assert plain(side) == Chem.CanonSmiles(f"{rest}[C{centre}H](F)C")


@pytest.mark.parametrize(
    ("relay", "tautomer"),
    [
        ("NC([NH2:1])=[O:2]", "NC(=N)O"),
        ("[nH:1]1ccccc1=[O:2]", "n1ccccc1O"),
        ("[NH2:1]c1cccc[n:2]1", "N=c1cccc[nH]1"),
        ("[OH:1]C=CC=[O:2]", "O=CC=CO"),
    ],
)
def test_a_catalyst_of_two_ends_becomes_its_tautomer(relay, tautomer):
    product = Skeleton(ENOL, SLOTS).filled({"R": "*C", "relay": relay}).split(">>")[1]
    assert Chem.CanonSmiles(tautomer) in plain(product).split(".")


def test_atoms_have_the_same_numbers_whatever_stands_in_the_other_slots():
    skeleton = Skeleton(ENOL, SLOTS)
    one, other = (
        skeleton.filled({"R": group, "relay": "C[OH:1]"}).split(">>")[0].split(".")
        for group in ("*C", "*c1ccccc1")
    )
    assert one[1] == other[1]


@pytest.mark.parametrize(
    ("slot", "smiles", "code", "said"),
    [
        ("R", "C1CC", "bad_smiles", "cannot be parsed"),
        ("R", "CC", "bad_candidate", "one dummy atom"),
        ("R", "*CC*", "bad_candidate", "one dummy atom"),
        ("R", "*=O", "bad_candidate", "one single bond"),
        ("relay", "O", "bad_candidate", "missing; put 1 on the donor, 2 on the acceptor"),
        ("relay", "[OH:1]C=[O:3]", "bad_candidate", r"\[1, 3\]"),
        ("relay", "C[O:1]C", "bad_candidate", "donor has 0 hydrogens and must give 1"),
        ("relay", "[OH:1]CC[NH2:2]", "bad_candidate", "zwitterion"),
        ("relay", "[OH:1]C(=O)C[NH2:2]", "bad_candidate", "zwitterion"),
    ],
)
def test_a_molecule_that_does_not_fit_its_slot_is_refused_by_name(slot, smiles, code, said):
    molecules = {"R": "*C", "relay": "[OH2:1]", slot: smiles}
    with pytest.raises(UnbuildableError, match=f"in slot '{slot}'.*{said}") as caught:
        Skeleton(ENOL, SLOTS).filled(molecules)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("reaction", "said"),
    [
        (ENOL.replace("[*:11]", "[*:12]"), "reactant lacks"),
        (ENOL.replace("[H:5][*:21]", "[*:21]").replace("[*:21][H:5]", "[*:21]"), "map number 5"),
        (ENOL.replace("[*:22][H:4]", "[*:22].[H:4][H:9]"), "map number 9"),
        (ENOL.replace(".[*:22]", ".[*:22].[*:23]"), r"no slot fills the dummy atom \[\*:23\]"),
        (ENOL.replace("[CH2:1]", "[CH2:1001]"), "1001"),
        (
            ENOL.replace("[C:2]([*:11])=[O:3]", "[C:2](=[*:11])[O:3]"),
            "product must hang on one atom",
        ),
        (ENOL.replace("[*:22]", "[*:22]([CH3:30])"), "mapped hydrogens alone"),
        ("[CH3:1]", "reactants>>products"),
        (DIRECT, r"slot 'relay' fills the dummy atom \[\*:21\]"),
    ],
)
def test_a_reaction_that_does_not_fit_its_slots_is_refused(reaction, said):
    with pytest.raises(SkeletonError, match=said):
        Skeleton(reaction, SLOTS)


def test_a_lone_pair_must_be_there_and_be_bound_by_one_atom():
    with pytest.raises(SkeletonError, match="binds atom 9, not in the reactant"):
        Skeleton(ADDITION, {"acid": Contacts(9)})
    skeleton = Skeleton(ADDITION, {"acid": Contacts(2)})
    for acid in ("FB(F)F", "F[B:2](F)F", "[H:1]O[H:1]"):
        with pytest.raises(UnbuildableError, match="have a map number; put 1 on the one atom"):
            skeleton.filled({"acid": acid})


def test_a_catalyst_must_take_as_many_hydrogens_as_it_gives():
    reaction = "[NH2:1][H:4].[*:21][H:5]>>[NH2:1][H:5].[*:21].[H:4]"
    with pytest.raises(SkeletonError, match="gives 1 hydrogens and takes 0"):
        Skeleton(reaction, {"relay": Catalysts({"donor": 21})})

"""Enumerated steps: counts by hand on tiny molecules, and what must hold for every molecule."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from rdkit.Chem import rdDistGeom

from tscreen.actors.exploring.enumeration import BondLimits, Enumeration, PossibleStep
from tscreen.actors.exploring.graphs import (
    MolecularGraph,
    canonical,
    graph_of,
    graph_of_mol,
    names_of,
)
from tscreen.actors.exploring.writing import mapped_smiles
from tscreen.actors.smiles.mapping import parse_reaction

ALL = 10**7
MOLECULES = ["C=O", "O=CCCOO", "C=CC=C", "N#CC=O", "C1CC1", "C=[N+]=[N-]", "CC(=O)N", "CS(C)=O"]


def steps_of(*names: str, limits: BondLimits | None = None) -> list[PossibleStep]:
    return Enumeration(together(*names), limits or BondLimits()).steps(ALL)


def together(*names: str) -> MolecularGraph:
    graph = graph_of(names[0])
    for name in names[1:]:
        graph = graph.beside(graph_of(name))
    return graph


def products(*names: str, limits: BondLimits | None = None) -> set[tuple[str, ...]]:
    return {step.products for step in steps_of(*names, limits=limits)}


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        # Water and hydrogen have nothing to become but themselves.
        (["O"], set()),
        (["[H][H]"], set()),
        # Hydrogen leaves at one carbon or at both; or a carbon takes a hydrogen of the other along.
        (["CC"], {("C", "[CH2]"), ("[CH]C", "[H][H]"), ("C=C", "[H][H]")}),
        # A hydrogen moves to the oxygen, or both leave.
        (["C=O"], {("[CH]O",), ("[C-]#[O+]", "[H][H]")}),
        # The hydrogen moves to the nitrogen.
        (["C#N"], {("[C-]#[NH+]",)}),
    ],
)
def test_tiny_molecules_have_the_products_that_are_counted_by_hand(names, wanted):
    assert products(*names) == wanted


@pytest.mark.parametrize(
    ("names", "product"),
    [
        (["O=CCCOO"], ("OC1CCOO1",)),  # Korcek's cyclic peroxide
        (["O=CCCOO"], ("O", "O=CCC=O")),
        (["C=CO"], ("CC=O",)),
        (["C=C", "C=CC=C"], ("C1=CCCCC1",)),  # three double bonds move, two bonds form
        (["C=O", "N"], ("NCO",)),
        (["C1=CCC1"], ("C=CC=C",)),
    ],
)
def test_textbook_steps_are_among_them(names, product):
    assert product in products(*names)


def test_two_molecules_form_a_bond_between_them():
    graph = together("O", "C=O")
    of_water = range(3)
    for step in Enumeration(graph, BondLimits()).steps(ALL):
        assert any((i in of_water) != (j in of_water) for i, j in step.formed)


def test_fewer_bonds_to_break_or_form_are_a_part_of_more():
    one = {s.products for s in steps_of("O=CCCOO", limits=BondLimits(1, 2))}
    assert one < products("O=CCCOO") < products("O=CCCOO", limits=BondLimits(2, 3))


def test_the_map_with_the_fewest_changes_is_kept():
    (enol,) = [step for step in steps_of("CC=O") if step.products == ("C=CO",)]
    assert enol.changes == 2  # one hydrogen moves; others would have to change places for nothing


@pytest.mark.parametrize("name", MOLECULES)
def test_every_product_is_sound_and_has_all_atoms(name):
    graph = graph_of(canonical(name)[0])
    for step in Enumeration(graph, BondLimits()).steps(ALL):
        assert Counter(step.graph.numbers) == Counter(graph.numbers)
        assert set(step.graph.bonds) == (set(graph.bonds) - set(step.broken)) | set(step.formed)
        for product in step.products:
            mol = Chem.MolFromSmiles(product)  # it is None where a valence is wrong
            assert Chem.GetFormalCharge(mol) == 0
            assert not sum(atom.GetNumRadicalElectrons() % 2 for atom in mol.GetAtoms())


@pytest.mark.parametrize("name", ["C=O", "CC=O", "C=[N+]=[N-]", "O=CCO", "C=CC=C"])
def test_the_reverse_of_every_isomerisation_is_enumerated_too(name):
    name = canonical(name)[0]
    for step in steps_of(name):
        if len(step.products) == 1:
            assert (name,) in products(*step.products, limits=BondLimits(2, 2)), step.products


@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(MOLECULES))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_atoms_does_not_matter(seed, name):
    mol = Chem.AddHs(Chem.MolFromSmiles(canonical(name)[0]))
    order = np.random.default_rng(seed).permutation(mol.GetNumAtoms()).tolist()
    turned = graph_of_mol(Chem.RenumberAtoms(mol, order))
    assert names_of(turned) == (canonical(name)[0],)
    found = Enumeration(turned, BondLimits(1, 2)).steps(ALL)
    wanted = Enumeration(graph_of_mol(mol), BondLimits(1, 2)).steps(ALL)
    assert {(s.products, s.changes) for s in found} == {(s.products, s.changes) for s in wanted}


@pytest.mark.parametrize("name", MOLECULES)
def test_the_length_is_the_number_of_ways_that_are_looked_at(name):
    enumeration = Enumeration(graph_of(canonical(name)[0]), BondLimits())
    ways = list(enumeration._ways())
    assert len(set(ways)) == len(ways)
    # The way without any change is counted, but not looked at.
    assert len(enumeration) == len(ways) + 1


def test_a_budget_takes_the_fewest_changes_first():
    enumeration = Enumeration(graph_of("O=CCCOO"), BondLimits())
    every = enumeration.steps(ALL)
    ways = [len(broken) + len(formed) for broken, formed in enumeration._ways()]
    few = enumeration.steps(ways.index(3))  # as many as have two changes at the most
    assert {s.products for s in few} == {s.products for s in every if s.changes <= 2}
    assert 0 < len(few) < len(every)


@pytest.mark.parametrize("name", MOLECULES)
def test_mapped_smiles_lead_from_the_molecule_to_the_products(name):
    name = canonical(name)[0]
    graph = graph_of(name)
    positions = np.random.default_rng(0).normal(size=(len(graph.numbers), 3))
    for step in Enumeration(graph, BondLimits()).steps(ALL):
        reaction = parse_reaction(mapped_smiles(graph, step, positions))
        assert reaction.charge == 0
        assert reaction.multiplicity == 1
        assert names_of(graph_of_mol(reaction.reactant)) == (name,)
        assert names_of(graph_of_mol(reaction.product)) == step.products


def hand_of(smiles: str, number: int) -> int | None:
    """1 or -1: how the mapped neighbours of a centre turn, in the order of their numbers."""
    mol = Chem.MolFromSmiles(smiles)
    (atom,) = (a for a in mol.GetAtoms() if a.GetAtomMapNum() == number)
    sign = {Chem.ChiralType.CHI_TETRAHEDRAL_CW: 1, Chem.ChiralType.CHI_TETRAHEDRAL_CCW: -1}
    numbers = [other.GetAtomMapNum() for other in atom.GetNeighbors()]
    swaps = sum(a > b for a, b in combinations(numbers, 2))
    tag = sign.get(atom.GetChiralTag())
    return None if tag is None else tag * (-1) ** swaps


@pytest.mark.parametrize("given", ["C=C[C@H](C)O", "C=C[C@@H](C)O"])
def test_a_centre_that_keeps_its_neighbours_keeps_its_hand(given):
    name = canonical(given)[0]
    mol = Chem.AddHs(Chem.MolFromSmiles(given))
    mol = Chem.RenumberAtoms(mol, mol.GetSubstructMatch(Chem.AddHs(Chem.MolFromSmiles(name))))
    rdDistGeom.EmbedMolecule(mol, randomSeed=1)
    positions = mol.GetConformer().GetPositions()
    kept = []
    for step in steps_of(name):
        if 2 not in {atom for bond in (*step.broken, *step.formed) for atom in bond}:
            reactant, product = mapped_smiles(graph_of(name), step, positions).split(">>")
            hands = hand_of(reactant, 3), hand_of(product, 3)
            assert hands[0] is not None
            kept.append(hands[1] is not None)  # it may have become two equal arms
            assert hands[1] in (None, hands[0]), (reactant, product)
    assert sum(kept) > len(kept) / 2

import numpy as np
import pyarrow as pa
import pytest
from conftest import reaction_row, reaction_table
from rdkit import Chem
from rdkit.Geometry import Point3D

from tscreen.actors.quantum.sides import molecules, sides_of
from tscreen.actors.smiles.mapping import parse_reaction
from tscreen.actors.structures import StructureBuilder
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.reaction import reactions_of
from tscreen.schemas.tables import TYPES
from tscreen.schemas.validate import validate

HNC = "[C-:1]#[N+:2][H:3]>>[H:3][C:1]#[N:2]"
FORMALDEHYDE = "[H:1][C:2]([H:3])=[O:4]>>[H:1][H:3].[C-:2]#[O+:4]"
ETHANOL = "[CH2:1]([H:9])[CH2:2][OH:3]>>[CH2:1]=[CH2:2].[H:9][OH:3]"


def table(**smiles: str) -> pa.Table:
    """Rows as they come from a CSV file."""
    columns = {"reaction_id": list(smiles), "smiles": list(smiles.values())}
    built = pa.table(columns)
    for name in (*c.STRUCTURE, c.CHARGE, c.MULTIPLICITY, c.REJECT_CODE, c.REJECT_MESSAGE):
        built = built.append_column(name, pa.nulls(len(smiles), TYPES[name]))
    return built


def build(given: pa.Table, **options) -> pa.Table:
    return StructureBuilder(**{"seed": 0, **options})(given)


def has_bonds_of(mol: Chem.Mol, numbers: np.ndarray, positions: np.ndarray) -> bool:
    within = Chem.GetDistanceMatrix(mol) < 1e6  # fragments lie beside each other
    bonded = bond_graph(numbers, positions) & within
    return (bonded == Chem.GetAdjacencyMatrix(mol).astype(bool)).all()


def test_small_examples_become_relaxed_structures_with_the_bonds_of_their_smiles():
    smiles = {"hnc": HNC, "formaldehyde": FORMALDEHYDE, "ethanol": ETHANOL}
    built = validate(build(table(**smiles)), max_atoms=23)
    assert built["reject_message"].to_pylist() == [None] * 3
    assert min(built["build_s"].to_pylist()) > 0
    for reaction in reactions_of(built):
        mapped = parse_reaction(smiles[reaction.reaction_id])
        assert reaction.atomic_numbers.tolist() == mapped.numbers.tolist()
        assert has_bonds_of(mapped.reactant, mapped.numbers, reaction.reactant_positions)
        assert has_bonds_of(mapped.product, mapped.numbers, reaction.product_positions)
    assert built["product_fragments"].to_pylist()[1] == [0, 1, 0, 1]
    hydrogen = reactions_of(built)[1].product_positions[[0, 2]]
    assert np.linalg.norm(hydrogen[0] - hydrogen[1]) == pytest.approx(0.777, abs=0.01)


@pytest.mark.parametrize(
    ("acid", "length"), [("[B:5]([H:6])([H:7])[H:8]", 1.5), ("[H:5][F:6]", 1.7)]
)
def test_molecules_that_touch_are_one_complex(acid, length):
    smiles = f"{FORMALDEHYDE.split('>>')[0]}~{acid}"
    (reaction,) = reactions_of(build(table(complex=f"{smiles}>>{smiles}")))
    for fragments in (reaction.reactant_fragments, reaction.product_fragments):
        assert set(fragments.tolist()) == {0}
    touching = reaction.reactant_positions[3] - reaction.reactant_positions[4]
    assert np.linalg.norm(touching) == pytest.approx(length, abs=0.15)


def test_a_structure_depends_on_seed_and_molecule_only():
    alone = build(table(b=ETHANOL))
    second = build(table(a=HNC, b=ETHANOL))
    for name in ("reactant_positions", "product_positions"):
        # Bit for bit they may differ: sums over atoms depend on how an array lies in memory.
        assert np.allclose(alone[name][0].as_py(), second[name][1].as_py(), rtol=0, atol=1e-5)


def test_reactions_of_one_molecule_start_from_one_conformer():
    butanol = "[CH3:4][CH2:5]" + ETHANOL.partition(">>")[0].replace("[CH2:1]([H:9])", "[CH2:1]")
    pairs = {"a": f"{butanol}>>{butanol}", "b": f"{butanol}.[H:8][H:9]>>[H:8][H:9].{butanol}"}
    one, other = reactions_of(build(table(**pairs)))
    alike = other.reactant_fragments == 0
    apart = [
        np.linalg.norm(x[:, None] - x[None], axis=-1)
        for x in (one.reactant_positions, other.reactant_positions[alike])
    ]
    assert np.allclose(*apart, rtol=0, atol=1e-4)
    (else_built,) = reactions_of(build(table(a=pairs["a"]), seed=1))
    assert not np.allclose(one.reactant_positions, else_built.reactant_positions, atol=1e-4)


def test_stereochemistry_is_kept():
    smiles = r"[CH3:1]/[CH:2]=[CH:3]\[OH:4]>>[CH3:1]/[CH:2]=[CH:3]/[OH:4]"
    (reaction,) = reactions_of(build(table(a=smiles)))

    def oxygen_to_methyl(positions: np.ndarray) -> float:
        return float(np.linalg.norm(positions[0] - positions[3]))

    assert oxygen_to_methyl(reaction.reactant_positions) < 3.2  # Z
    assert oxygen_to_methyl(reaction.product_positions) > 3.4  # E


@pytest.mark.parametrize("centre", ["@", "@@"])
def test_handedness_is_kept(centre):
    side = f"[OH:1][C{centre}H:2]([CH3:3])[NH2:4]"
    (reaction,) = reactions_of(build(table(a=f"{side}>>{side}")))
    mapped = parse_reaction(f"{side}>>{side}").reactant
    conformer = Chem.Conformer(mapped.GetNumAtoms())
    for i, xyz in enumerate(reaction.product_positions.tolist()):
        conformer.SetAtomPosition(i, Point3D(*xyz))
    copy = Chem.Mol(mapped)
    copy.AddConformer(conformer)
    wanted = Chem.FindMolChiralCenters(mapped, useLegacyImplementation=False)
    Chem.AssignStereochemistryFrom3D(copy)
    assert Chem.FindMolChiralCenters(copy, useLegacyImplementation=False) == wanted


def test_bad_rows_are_rejected_and_their_neighbours_are_built():
    built = build(table(bad="C1CC>>C", good=HNC, plain="C>>CC"))
    assert built["reject_code"].to_pylist() == ["bad_smiles", None, "elements_differ"]
    assert "'bad'" in built["reject_message"][0].as_py()
    assert built["atomic_numbers"].to_pylist() == [None, [6, 7, 1], None]


def test_a_molecule_that_does_not_keep_its_bonds_is_rejected():
    # Without water around it the zwitterion of glycine moves a proton.
    glycine = "[NH3+:1][CH2:2][C:3](=[O:4])[O-:5]"
    built = build(table(a=f"{glycine}>>{glycine}"))
    assert built["reject_code"].to_pylist() == ["structure_failed"]
    assert "made or broke bonds" in built["reject_message"][0].as_py()


def test_large_reactions_are_rejected_before_they_are_built():
    assert build(table(a=ETHANOL), max_atoms=8)["reject_code"].to_pylist() == ["too_many_atoms"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [("charge", 0, None), ("charge", 1, "electron_count"), ("multiplicity", 2, "electron_count")],
)
def test_charge_and_multiplicity_must_agree_with_the_smiles(name, value, code):
    given = table(a=HNC)
    column = pa.array([value], TYPES[name])
    given = given.set_column(given.column_names.index(name), name, column)
    assert build(given)["reject_code"].to_pylist() == [code]


def test_molecules_have_their_own_charge_and_spin():
    smiles = {
        "sn2": "[F-:1].[CH3:2][Cl:3]>>[F:1][CH3:2].[Cl-:3]",
        "oxygen": "[CH3:1][H:2].[O:3][O:4]>>[CH3:1].[H:2][O:3][O:4]",
        "forbidden": "[CH2:1]=[CH2:2].[O:3][O:4]>>[CH2:1]1[CH2:2][O:3][O:4]1",
    }
    built = validate(build(table(**smiles)), max_atoms=23)
    assert built["reject_code"].to_pylist() == [None, None, "electron_count"]
    assert "'forbidden'" in built["reject_message"][2].as_py()
    assert built["multiplicity"].to_pylist() == [1, 3, None]
    assert built["reactant_states"].to_pylist() == [[[-1, 1], [0, 1]], [[0, 1], [0, 3]], None]
    assert built["product_states"].to_pylist() == [[[0, 1], [-1, 1]], [[0, 2], [0, 2]], None]
    halides, radicals = (
        molecules(side) for one in reactions_of(built.slice(0, 2)) for side in sides_of(one)[1:]
    )
    assert [(one.charge, one.multiplicity) for one in halides] == [(0, 1), (-1, 1)]
    assert [(one.charge, one.multiplicity) for one in radicals] == [(0, 2), (0, 2)]


def test_an_n_heterocyclic_carbene_is_a_singlet():
    carbene = "[C:1]1[NH:2][CH:3]=[CH:4][NH:5]1"
    (reaction,) = reactions_of(build(table(a=f"{carbene}>>{carbene}")))
    assert reaction.multiplicity == 1
    first, second = reaction.reactant_positions[[1, 4]] - reaction.reactant_positions[0]
    angle = np.degrees(np.arccos(first @ second / np.prod([*map(np.linalg.norm, (first, second))])))
    assert angle < 105  # a triplet opens it


def test_rows_that_have_a_structure_or_are_rejected_are_left_alone():
    known = reaction_table(
        reaction_row("a", smiles=HNC),
        reaction_row("b", smiles=HNC, product_positions=None),
        reaction_row("c", smiles=None),
    )
    assert build(known).drop_columns(["build_s"]).equals(known)
    rejected = table(a=HNC).drop_columns(["reject_code"])
    rejected = rejected.append_column("reject_code", pa.array(["duplicate_id"]))
    assert build(rejected).drop_columns(["build_s"]).equals(rejected)
    assert build(rejected)["build_s"].to_pylist() == [0.0]


def test_a_table_without_smiles_or_of_wrong_types_is_left_to_validation():
    plain = reaction_table(reaction_row("a"))
    assert build(plain).drop_columns(["build_s"]).equals(plain)
    wrong = table(a=HNC).drop_columns(["charge"]).append_column("charge", pa.array([[1]]))
    assert build(wrong).drop_columns(["build_s"]).equals(wrong)

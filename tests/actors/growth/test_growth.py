"""Substituents on a transition state that is known."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem
from scipy.spatial.transform import Rotation

from tscreen.actors.growth.core import Core
from tscreen.actors.growth.embedding import grown
from tscreen.actors.growth.growing import Grower
from tscreen.actors.smiles.mapping import UnbuildableError
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.reaction import reactions_of

# Methyl isocyanide on its way to acetonitrile: C (methyl), C, N, and the hydrogens of methyl.
ISOCYANIDE = Core(
    np.array([6, 6, 7, 1, 1, 1], np.uint8),
    np.array(
        [
            [0.0, 1.75, 0.0],
            [-0.72, 0.0, 0.0],
            [0.46, 0.0, 0.0],
            [0.0, 2.05, 1.04],
            [0.9, 2.05, -0.52],
            [-0.9, 2.05, -0.52],
        ]
    ),
    0,
    1,
    {"R": 3},
)
GROUPS = ["*[H]", "*C", "*OC", "*C(F)(F)F", "*c1ccccc1", "*[C@H](F)Cl", "*[C@@H](F)Cl"]


def embedded(core: Core, group: str, seed: int = 0):
    return grown(core, core.positions, bond_graph(core.numbers, core.positions), {"R": group}, seed)


@given(st.sampled_from(GROUPS), st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_the_core_keeps_its_places_and_the_group_its_bonds(group, seed):
    found = embedded(ISOCYANIDE, group, seed)
    wanted = ISOCYANIDE.positions[ISOCYANIDE.kept]
    params = Chem.SmilesParserParams()
    params.removeHs = False
    n_group = Chem.AddHs(Chem.MolFromSmiles(group, params)).GetNumAtoms() - 1
    assert found.numbers[:5].tolist() == ISOCYANIDE.numbers[ISOCYANIDE.kept].tolist()
    assert len(found.numbers) == 5 + n_group
    assert found.starts
    for start in found.starts:
        assert np.allclose(start[:5], wanted, atol=1e-9)
        assert 0.8 < np.linalg.norm(start[0] - start[5]) < 1.9  # where the hydrogen was


@given(st.integers(0, 99))
@settings(max_examples=10, deadline=None)
def test_a_turned_core_and_either_hand_of_a_group_keep_their_handedness(seed):
    turn = Rotation.random(random_state=seed).as_matrix()
    core = Core(ISOCYANIDE.numbers, ISOCYANIDE.positions @ turn + seed, 0, 1, ISOCYANIDE.places)
    for group, sign in (("*[C@H](F)Cl", 1), ("*[C@@H](F)Cl", -1)):
        found = embedded(core, group, seed)
        centre = 5
        arms = [0, *(np.flatnonzero(found.numbers == z)[-1] for z in (9, 17))]
        for start in found.starts:
            volume = np.linalg.det(start[arms] - start[centre])
            assert volume * sign * HAND > 0


def _hand() -> float:
    """The sign of the volume that core, fluorine and chlorine span around `[C@H]`, by RDKit."""
    from rdkit.Chem import rdDistGeom

    mol = Chem.AddHs(Chem.MolFromSmiles("Br[C@H](F)Cl"))
    rdDistGeom.EmbedMolecule(mol, randomSeed=1)
    x = mol.GetConformer().GetPositions()
    return float(np.sign(np.linalg.det(x[[0, 2, 3]] - x[1])))


HAND = _hand()


@pytest.mark.parametrize(
    ("group", "code"), [("CC", "bad_candidate"), ("*C*", "bad_candidate"), ("C1C", "bad_smiles")]
)
def test_a_group_that_does_not_fit_is_refused(group, code):
    with pytest.raises(UnbuildableError) as caught:
        embedded(ISOCYANIDE, group)
    assert caught.value.code == code


def test_a_row_gets_both_sides_and_a_guess_with_the_core_unmoved():
    names = {"fluorine": "*F", "nothing": "C", "radical": "*[CH2]"}
    table = pa.table(
        {
            "reaction_id": [f"t/{name}" for name in names],
            "R": list(names),
            "reject_code": pa.nulls(3, pa.string()),
        }
    )
    rows = Grower(ISOCYANIDE, {"R": names}, seed=0)(table)
    assert rows["reject_code"].to_pylist() == [None, "bad_candidate", "electron_count"]
    assert "reaction 't/nothing'" in rows["reject_message"][1].as_py()
    (fluorine,) = reactions_of(rows.slice(0, 1))
    assert fluorine.atomic_numbers.tolist() == [6, 6, 7, 1, 1, 9]
    guess = np.array(rows[c.TS_GUESS][0].as_py())
    assert np.allclose(guess[:5], ISOCYANIDE.positions[ISOCYANIDE.kept], atol=1e-5)
    partners = set()
    for positions in (fluorine.reactant_positions, fluorine.product_positions):
        bonds = bond_graph(fluorine.atomic_numbers, positions)
        assert bonds[0, [3, 4, 5]].all()
        partners |= {k for k in (1, 2) if bonds[0, k]}
        assert bonds[0].sum() == 4
    assert partners == {1, 2}  # bonded to carbon on one side, to nitrogen on the other

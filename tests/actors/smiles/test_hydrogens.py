import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers
from scipy.spatial.transform import Rotation

from tscreen.actors.smiles import hydrogens as numbering
from tscreen.actors.smiles.hydrogens import fit_hydrogens
from tscreen.actors.smiles.mapping import MappedReaction, parse_reaction
from tscreen.actors.workers.errors import CalculationError

DIELS_ALDER = (
    "[CH2:1]=[CH:2][CH:3]=[CH2:4].[CH2:5]=[CH2:6]>>[CH2:1]1[CH:2]=[CH:3][CH2:4][CH2:5][CH2:6]1"
)
BUTADIENE = "[CH2:1]=[CH:2][CH:3]=[CH2:4]>>[CH2:1]1[CH:2]=[CH:3][CH2:4]1"
HEXATRIENE = (
    r"[CH2:1]=[CH:2]/[CH:3]=[CH:4]\[CH:5]=[CH2:6]>>[CH2:1]1[CH:2]=[CH:3][CH:4]=[CH:5][CH2:6]1"
)
ENE = "[CH2:1]=[CH:2][CH2:3][H:9].[CH2:4]=[CH2:5]>>[CH2:3]=[CH:2][CH2:1][CH2:4][CH2:5][H:9]"
DEHYDRATION = "[CH2:1]([H:9])[CH2:2][OH:3]>>[CH2:1]=[CH2:2].[H:9][OH:3]"
ETHANOL = "[CH3:1][CH2:2][OH:3]>>[CH3:1][CH2:2][OH:3]"


def structure(mol: Chem.Mol, seed: int) -> np.ndarray:
    """Positions (N, 3) of a conformer; the fragments come to lie beside each other."""
    mol = Chem.Mol(mol)
    assert rdDistGeom.EmbedMolecule(mol, randomSeed=seed) == 0
    rdForceFieldHelpers.MMFFOptimizeMolecule(mol)
    return mol.GetConformer().GetPositions()


def hydrogens(reaction: MappedReaction, carbon: int) -> list[int]:
    """Unmapped hydrogens of an atom."""
    around = reaction.reactant.GetAtomWithIdx(carbon).GetNeighbors()
    return [atom.GetIdx() for atom in around if not atom.GetAtomMapNum()]


def built(smiles: str, seed: int) -> tuple[MappedReaction, np.ndarray, np.ndarray]:
    """Both sides, with the hydrogens of each atom in any order before they are fitted."""
    reaction = parse_reaction(smiles)
    random = np.random.default_rng(seed)
    sides = [structure(mol, seed) for mol in (reaction.reactant, reaction.product)]
    for side in sides:
        for atom in range(len(reaction.numbers)):
            if len(group := hydrogens(reaction, atom)) > 1:
                side[group] = side[random.permutation(group)]
    return reaction, sides[0], fit_hydrogens(reaction, *sides)


def volume(x: np.ndarray, centre: int, *others: int | np.ndarray) -> float:
    """Signed volume of the directions from an atom to three others, or along a vector."""
    return np.linalg.det([x[o] - x[centre] if isinstance(o, int) else o for o in others])


def normal(x: np.ndarray, a: int, b: int, c: int) -> np.ndarray:
    return np.cross(x[a] - x[b], x[c] - x[b])


def cis(x: np.ndarray, a: int, b: int, c: int, d: int) -> bool:
    """Whether a and d are on the same side of the double bond b=c."""
    return float(normal(x, a, b, c) @ normal(x, b, c, d)) > 0


def above(x: np.ndarray, ring: list[int], carbon: int, pair: list[int]) -> int:
    """That of two hydrogens that is on the upper face of a ring."""
    flat = x[ring] - x[ring].mean(axis=0)
    up = sum(np.cross(a, b) for a, b in zip(flat, np.roll(flat, -1, axis=0), strict=True))
    return max(pair, key=lambda h: float((x[h] - x[carbon]) @ up))


@pytest.mark.parametrize("seed", range(2))
def test_ethene_and_butadiene_are_each_met_from_one_face_in_a_diels_alder_reaction(seed):
    reaction, reactant, product = built(DIELS_ALDER, seed)
    upper = {c: above(product, [*range(6)], c, hydrogens(reaction, c)) for c in (0, 3, 4, 5)}
    assert cis(reactant, upper[4], 4, 5, upper[5])
    # Outside (away from the other end) or inside the diene, but both the same.
    assert cis(reactant, upper[0], 0, 1, 2) == cis(reactant, upper[3], 3, 2, 1)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("smiles", "disrotatory"), [(BUTADIENE, False), (HEXATRIENE, True)])
def test_the_ends_of_a_polyene_turn_as_orbitals_have_it(smiles, disrotatory, seed):
    """Whether what was inside the chain is on one face of the ring (Woodward and Hoffmann 1965)."""
    reaction, reactant, product = built(smiles, seed)
    last = reaction.reactant.GetNumHeavyAtoms() - 1
    ring = [*range(last + 1)]
    inside = [
        next(h for h in hydrogens(reaction, end) if cis(reactant, h, end, beside, beyond))
        for end, beside, beyond in ((0, 1, 2), (last, last - 1, last - 2))
    ]
    up = [
        above(product, ring, end, hydrogens(reaction, end)) == h
        for end, h in zip((0, last), inside, strict=True)
    ]
    assert (up[0] == up[1]) == disrotatory


@pytest.mark.parametrize("why", ["too large", "no energy"])
def test_where_no_energy_tells_the_least_strain_does(monkeypatch, why):
    def height(*_args, **_options):
        assert why == "no energy"
        raise CalculationError("xtb_scf", "does not converge")

    _, _, by_energy = built(HEXATRIENE, 0)
    monkeypatch.setattr(numbering, "lowest_halfway", height)
    if why == "too large":
        monkeypatch.setattr(numbering, "MOST_ATOMS", 13)
    reaction, _, by_strain = built(HEXATRIENE, 0)
    moved = np.flatnonzero((by_strain != by_energy).any(axis=1)).tolist()
    assert moved in [hydrogens(reaction, end) for end in (0, 5)]


@pytest.mark.parametrize("seed", range(2))
def test_ethene_and_propene_are_each_met_from_one_face_in_an_ene_reaction(seed):
    reaction, reactant, product = built(ENE, seed)
    pairs = [hydrogens(reaction, carbon) for carbon in range(5)]

    def face(carbon: int, partner: int, up: np.ndarray, flat: np.ndarray, new: int) -> bool:
        """Whether the new (or lost) neighbour of a planar carbon is on its upper face."""
        bonded = product if flat is reactant else reactant
        return (volume(bonded, carbon, partner, *pairs[carbon][:1], new) > 0) == (
            volume(flat, carbon, partner, *pairs[carbon][:1], up) > 0
        )

    up = normal(reactant, pairs[3][0], 3, 4)
    assert face(3, 4, up, reactant, 0) == face(4, 3, up, reactant, 5)
    start, end = (normal(side, 0, 1, 2) for side in (reactant, product))
    assert face(0, 1, start, reactant, 3) == face(2, 1, end, product, 5)


@pytest.mark.parametrize("swapped", [[0, 1], [0, 1, 2], [3, 4]])
def test_hydrogens_that_were_exchanged_are_put_back(swapped):
    reaction = parse_reaction(ETHANOL)
    groups = hydrogens(reaction, 0) + hydrogens(reaction, 1)
    reactant = structure(reaction.reactant, 0)
    turned = Rotation.from_rotvec([1, 2, 3]).apply(reactant) + 5
    product = turned.copy()
    atoms = [groups[i] for i in swapped]
    product[atoms] = turned[np.roll(atoms, 1)]
    np.testing.assert_allclose(fit_hydrogens(reaction, reactant, product), turned)


def test_mapped_hydrogens_are_never_exchanged():
    side = "[CH3:1][C:2]([H:4])([H:5])[OH:3]"
    reaction = parse_reaction(f"{side}>>{side}")
    reactant = structure(reaction.reactant, 0)
    product = reactant.copy()
    product[[3, 4]] = reactant[[4, 3]]
    np.testing.assert_array_equal(fit_hydrogens(reaction, reactant, product)[3:5], product[3:5])


def test_only_hydrogens_of_one_atom_change_places():
    reaction = parse_reaction(DEHYDRATION)
    reactant, product = (structure(mol, 1) for mol in (reaction.reactant, reaction.product))
    fitted = fit_hydrogens(reaction, reactant, product)
    moved = np.flatnonzero((fitted != product).any(axis=1)).tolist()
    assert set(moved) <= {h for carbon in (0, 1) for h in hydrogens(reaction, carbon)}
    np.testing.assert_array_equal(np.sort(fitted, axis=0), np.sort(product, axis=0))

"""Maps for reaction SMILES that have none, or not of all their atoms."""

from collections import Counter
from itertools import combinations, count

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from tscreen.actors.mapping.graphs import KEPT, NONE, Graph
from tscreen.actors.mapping.search import fewest_changes, laid_upon
from tscreen.actors.mapping.subsets import TooLargeError
from tscreen.actors.mapping.symmetry import exchanges, settled
from tscreen.actors.smiles.mapping import (
    SIDES,
    UnbuildableError,
    all_mapped,
    same_numbers,
    sides_of,
    written,
)
from tscreen.schemas.caution import MOST_BOND_CHANGES
from tscreen.schemas.rejects import RejectCode

ONE_NUMBER = 1000
"""A map number's share in the label of an atom; elements and isotopes stay below."""
HANDS = {Chem.ChiralType.CHI_TETRAHEDRAL_CW, Chem.ChiralType.CHI_TETRAHEDRAL_CCW}


def completed(smiles: str) -> list[str]:
    """The maps of a reaction SMILES that change the fewest bonds, hydrogens included.

    Map numbers that it has are kept.

    Args:
        smiles: `reactants>>products`.

    Returns:
        The same reaction with every heavy atom and every hydrogen that moves mapped, once for each
        map of equally few bond changes that is another reaction; first the one that changes the
        orders of bonds least. Empty where the SMILES has a whole map already.

    Raises:
        UnbuildableError: `bad_smiles`, `unmapped_smiles` where its numbers contradict each other,
            `elements_differ`, or `no_mapping` where more than six bonds would change.
    """
    reactant, product = sides_of(smiles)
    same_numbers(reactant, product)
    if _is_whole(reactant, product):
        return []
    _same_formula(reactant, product)
    before, after = _graph(reactant), _graph(product)
    try:
        orders = fewest_changes(before, after, MOST_BOND_CHANGES)
    except TooLargeError:
        orders = []
    if not orders:
        raise UnbuildableError(
            RejectCode.NO_MAPPING,
            f"no map of its atoms was found that changes {MOST_BOND_CHANGES} bonds or fewer; look "
            "whether it is one elementary step, and map every heavy atom and moving hydrogen",
        )
    orders = [_stereo_kept(reactant, product, order) for order in orders]
    orders.sort(key=lambda order: _order_changes(reactant, product, order))
    return [_written(reactant, product, order) for order in orders]


def _is_whole(reactant: Chem.Mol, product: Chem.Mol) -> bool:
    try:
        all_mapped(reactant, product)
    except UnbuildableError:
        return False
    return True


def _same_formula(reactant: Chem.Mol, product: Chem.Mol) -> None:
    sides = reactant, product
    counts = [Counter(atom.GetAtomicNum() for atom in mol.GetAtoms()) for mol in sides]
    if counts[0] != counts[1]:
        formulas = map(rdMolDescriptors.CalcMolFormula, sides)
        told = " and ".join(f"{f} as {side}" for f, side in zip(formulas, SIDES, strict=True))
        raise UnbuildableError(
            RejectCode.ELEMENTS_DIFFER, f"the SMILES has {told}; balance the reaction"
        )


def _graph(mol: Chem.Mol) -> Graph:
    labels = [
        ONE_NUMBER * (ONE_NUMBER * atom.GetAtomMapNum() + atom.GetIsotope()) + atom.GetAtomicNum()
        for atom in mol.GetAtoms()
    ]
    return Graph.of(np.array(labels), Chem.GetAdjacencyMatrix(mol).astype(bool))


def _order_changes(reactant: Chem.Mol, product: Chem.Mol, order: np.ndarray) -> float:
    """By how much the orders of bonds change, all together; aromatic bonds count 1.5."""
    before, after = (Chem.GetAdjacencyMatrix(mol, useBO=True) for mol in (reactant, product))
    return float(np.abs(before - after[np.ix_(order, order)]).sum())


def _stereo_kept(reactant: Chem.Mol, product: Chem.Mol, order: np.ndarray) -> np.ndarray:
    """The map with atoms that are the same but for stereo exchanged, so that few invert."""
    reaction = laid_upon(_graph(reactant), _graph(product), order)
    kept = [set(row.tolist()) <= {NONE, KEPT} for row in reaction.weights]
    centres = [
        atom
        for atom, stays in zip(reactant.GetAtoms(), kept, strict=True)
        if stays and atom.GetChiralTag() in HANDS
    ]

    def inverted(order: np.ndarray) -> tuple[float, ...]:
        return (sum(_turns_over(one, product, order) for one in centres),)

    return settled(order, exchanges(reaction), inverted) if centres else order


def _turns_over(centre: Chem.Atom, product: Chem.Mol, order: np.ndarray) -> bool:
    """Whether an atom that keeps its neighbours has the other handedness in the product."""
    image = product.GetAtomWithIdx(int(order[centre.GetIdx()]))
    if image.GetChiralTag() not in HANDS:
        return False
    before = [int(order[atom.GetIdx()]) for atom in centre.GetNeighbors()]
    after = [atom.GetIdx() for atom in image.GetNeighbors()]
    swaps = sum(before.index(one) > before.index(other) for one, other in combinations(after, 2))
    return (centre.GetChiralTag() == image.GetChiralTag()) == bool(swaps % 2)


def _numbers(reactant: Chem.Mol, product: Chem.Mol, order: np.ndarray) -> list[int]:
    """Map numbers of the reactant's atoms, 0 for hydrogens that stay where they are."""
    numbers = [atom.GetAtomMapNum() for atom in reactant.GetAtoms()]
    free = (number for number in count(1) if number not in set(numbers))
    atoms = sorted(reactant.GetAtoms(), key=lambda atom: atom.GetAtomicNum() == 1)
    for atom in atoms:
        image = product.GetAtomWithIdx(int(order[atom.GetIdx()]))
        before = [int(order[other.GetIdx()]) for other in atom.GetNeighbors()]
        after = [other.GetIdx() for other in image.GetNeighbors()]
        stays = before == after and len(after) == 1
        heavy = stays and product.GetAtomWithIdx(after[0]).GetAtomicNum() > 1
        if not numbers[atom.GetIdx()] and not (atom.GetAtomicNum() == 1 and heavy):
            numbers[atom.GetIdx()] = next(free)
    return numbers


def _written(reactant: Chem.Mol, product: Chem.Mol, order: np.ndarray) -> str:
    """The reaction SMILES with a map."""
    numbers = _numbers(reactant, product, order)
    sides = Chem.Mol(reactant), Chem.Mol(product)
    for atom, (number, image) in enumerate(zip(numbers, order.tolist(), strict=True)):
        sides[0].GetAtomWithIdx(atom).SetAtomMapNum(number)
        sides[1].GetAtomWithIdx(image).SetAtomMapNum(number)
    return ">>".join(map(written, sides))

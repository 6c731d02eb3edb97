"""A reaction in two dimensions: reactant and product side by side, bonds that change in colour."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from tscreen.actors.smiles.mapping import UnbuildableError, parse_reaction
from tscreen.actors.smiles.records import molecule_of
from tscreen.schemas import columns as c

CELLS = (
    c.SMILES,
    c.MAPPED_SMILES,
    c.ATOMIC_NUMBERS,
    c.CHARGE,
    c.REACTANT_POSITIONS,
    c.PRODUCT_POSITIONS,
    c.REACTANT_FRAGMENTS,
    c.PRODUCT_FRAGMENTS,
)
"""The columns that a drawing is made of."""

WIDTH, HEIGHT = 200, 150
"""Pixels of one side."""
MOST_ATOMS = 60
"""Heavy ones; a drawing of more is too dense to read in this size."""
BREAKS, FORMS = (0.98, 0.68, 0.50), (0.45, 0.85, 0.65)
"""Colours of bonds, as red, green and blue."""
APART = 100.0
"""Å between molecules, so that none are taken for bonded."""
INDEX = "index"

Bonds = frozenset[tuple[int, int]]


def drawing(row: Mapping[str, Any]) -> str | None:
    """The reaction of a result as SVG.

    Args:
        row: its `CELLS`; the SMILES decides, where there is none the structures do.

    Returns:
        A picture of `2 * WIDTH` by `HEIGHT`; None where neither tells of molecules, or of too
        large ones.
    """
    with rdBase.BlockLogs():
        try:
            sides = _sides(row)
            if sides is None or sides[0].GetNumHeavyAtoms() > MOST_ATOMS:
                return None
            return _drawn(*sides)
        except (UnbuildableError, ValueError, RuntimeError):  # chemistry that RDKit does not know
            return None


def _sides(row: Mapping[str, Any]) -> tuple[Chem.Mol, Chem.Mol] | None:
    smiles = row[c.MAPPED_SMILES] or row[c.SMILES]
    if smiles:
        reaction = parse_reaction(smiles)
        return reaction.reactant, reaction.product
    numbers = row[c.ATOMIC_NUMBERS]
    reactant, product = (
        (row[c.REACTANT_POSITIONS], row[c.REACTANT_FRAGMENTS]),
        (row[c.PRODUCT_POSITIONS], row[c.PRODUCT_FRAGMENTS]),
    )
    if not numbers or None in (*reactant, *product):
        return None
    charge = row[c.CHARGE] or 0
    return _perceived(numbers, *reactant, charge), _perceived(numbers, *product, charge)


def _perceived(numbers: list[int], positions: Any, fragments: Any, charge: int) -> Chem.Mol:
    places = np.asarray(positions, float)
    places = places - _centres(places, np.asarray(fragments))
    places[:, 0] += APART * np.asarray(fragments)
    mol = molecule_of(np.asarray(numbers), places, charge)
    Chem.SanitizeMol(mol)
    return mol


def _centres(places: np.ndarray, fragments: np.ndarray) -> np.ndarray:
    """(N, 3): of the molecule that each atom belongs to."""
    centres = np.empty_like(places)
    for fragment in np.unique(fragments):
        own = fragments == fragment
        centres[own] = places[own].mean(0)
    return centres


def _drawn(reactant: Chem.Mol, product: Chem.Mol) -> str:
    before, after = _bonds(reactant), _bonds(product)
    changed = {atom for bond in before ^ after for atom in bond}
    sides = [
        _prepared(reactant, changed, before - after),
        _prepared(product, changed, after - before),
    ]
    canvas = rdMolDraw2D.MolDraw2DSVG(2 * WIDTH, HEIGHT, WIDTH, HEIGHT, True)
    options: Any = canvas.drawOptions()
    options.clearBackground = False
    options.drawMolsSameScale = True
    options.highlightBondWidthMultiplier = 12
    options.padding = 0.08
    canvas.DrawMolecules(
        [mol for mol, _ in sides],
        highlightAtoms=[[], []],
        highlightBonds=[bonds for _, bonds in sides],
        highlightBondColors=[
            dict.fromkeys(bonds, colour)
            for (_, bonds), colour in zip(sides, (BREAKS, FORMS), strict=True)
        ],
    )
    canvas.FinishDrawing()
    return str(canvas.GetDrawingText())


def _bonds(mol: Chem.Mol) -> Bonds:
    return frozenset(
        (min(ends), max(ends))
        for ends in ((b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in mol.GetBonds())
    )


def _prepared(mol: Chem.Mol, changed: set[int], bonds: Bonds) -> tuple[Chem.Mol, list[int]]:
    """The molecules with their places on paper, and which bonds stand out.

    Hydrogens are left out unless their bonds change.
    """
    mol = Chem.Mol(mol)
    for atom in mol.GetAtoms():
        atom.SetIntProp(INDEX, atom.GetIdx())
        atom.SetAtomMapNum(1 if atom.GetIdx() in changed else 0)
    params: Any = Chem.RemoveHsParameters()
    params.removeMapped = False
    mol = Chem.RemoveHs(mol, params)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    rdDepictor.Compute2DCoords(mol)
    mol = rdMolDraw2D.PrepareMolForDrawing(mol, kekulize=True, addChiralHs=False)
    at = {atom.GetIntProp(INDEX): atom.GetIdx() for atom in mol.GetAtoms()}
    found = (mol.GetBondBetweenAtoms(at[a], at[b]) for a, b in sorted(bonds))
    return mol, [bond.GetIdx() for bond in found]

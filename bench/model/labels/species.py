"""Molecules and radicals of the elementary reactions that are labelled."""

import tomllib
from pathlib import Path
from typing import NamedTuple

from ase import Atoms
from rdkit import Chem

SET_ASIDE = ("C2H3", "CH5N", "C3H4O", "C2H4O")
"""Formulas: vinyl, methylamine, acrolein, acetaldehyde and oxirane."""
SET_ASIDE_OF_RADICALS = (
    *SET_ASIDE,
    "C2H5S",
    "C2H6S",
    "H2S2",
    "HS2",
    "CH5P",
    "H2FP",
    "HFP",
    "H3ClSi",
    "H2ClSi",
)
"""Of doublets; ethanethiol, ethylthiyl and other molecules of the heavier elements, too."""
SET_ASIDE_OF_IONS = (
    *SET_ASIDE,
    "C2H3N",
    "HO2",
    "C2H5S",
    "C2H6S",
    "CHOS",
    "CH5P",
    "H3FSi",
    "CH6B",
)
"""Of charged reactions; acetonitrile, hydroperoxide and some of the heavier elements, too."""
SET_ASIDE_OF_SHELLS = (*SET_ASIDE, "C2H3F", "CH2O2", "HClSi", "CH3NS", "H2S2", "H2FOP", "HBF2")
"""Of closed shells; fluoroethene, formic acid and some of the heavier elements and boron, too."""


def set_aside(charge: int, multiplicity: int) -> tuple[str, ...]:
    """Formulas of the molecules with which no reaction of that state is trained."""
    if charge:
        return SET_ASIDE_OF_IONS
    return SET_ASIDE_OF_RADICALS if multiplicity > 1 else SET_ASIDE_OF_SHELLS


def is_aside(smiles: str) -> bool:
    """Whether a molecule takes part in a reaction with which nothing of its state is trained."""
    left, right = ([Chem.MolFromSmiles(x) for x in side.split(".")] for side in smiles.split(">>"))
    charge = sum(map(Chem.GetFormalCharge, left))
    unpaired = sum(atom.GetNumRadicalElectrons() for one in left for atom in one.GetAtoms())
    formulas = set_aside(charge, 1 + unpaired % 2)  # a silylene has two and is a singlet
    return any(_formula(one) in formulas for one in (*left, *right))


def _formula(molecule: Chem.Mol) -> str:
    """As ASE has it, so without the charge."""
    symbols = [atom.GetSymbol() for atom in Chem.AddHs(molecule).GetAtoms()]
    return str(Atoms(symbols).get_chemical_formula("hill"))


class Species(NamedTuple):
    """A SMILES and the places of the atoms that take part, counted from 0.

    For a donor the atom that gives up a hydrogen, for a radical its unpaired electron, for an
    acceptor the atom that is attacked and the one that has the electron then, for a halide
    (or peroxide) the atom that is left and the one that is taken, for a shift the radical and the
    donor, and for an opening the radical and the two ends of the bond that breaks.
    """

    smiles: str
    places: tuple[int, ...]


class SpeciesTable(NamedTuple):
    """What `radicals.py` makes reactions of; with ``elements`` one of these takes part in each."""

    donors: list[Species]
    radicals: list[Species]
    acceptors: list[Species]
    halides: list[Species]
    shifts: list[Species]
    openings: list[Species]
    elements: frozenset[str]


def read_species(path: Path) -> SpeciesTable:
    """Of a file as `radicals.toml` is one."""
    with path.open("rb") as file:
        content = tomllib.load(file)
    elements = frozenset(content.pop("elements", "").split())
    return SpeciesTable(elements=elements, **{key: _read(text) for key, text in content.items()})


def _read(text: str) -> list[Species]:
    words = (line.split() for line in text.strip().splitlines())
    return [Species(smiles, tuple(map(int, places))) for smiles, *places in words]

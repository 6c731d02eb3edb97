"""What a molecule of a network is like before and after reactions of it are searched."""

import hashlib
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from rdkit import Chem

from tscreen.actors.exploring.graphs import graph_of, identity
from tscreen.actors.exploring.stage import MoleculeStage
from tscreen.actors.quantum.coverage import surface_of
from tscreen.actors.quantum.levels import label
from tscreen.actors.quantum.minimise import minimise
from tscreen.actors.quantum.sides import Molecule
from tscreen.actors.quantum.thermochemistry import minimum, thermochemistry
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
from tscreen.actors.smiles.conformers import conformers, has_bonds_of, relaxed_fragment
from tscreen.actors.workers.cells import Answer, timed_answer
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.isolation import Runner
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction

FMAX, MAX_STEPS = 0.1, 60
"""Largest force at the end, eV/Å, and steps: what is left lowers the energy by under 1 kcal/mol."""
WALL_S = 300.0
"""Seconds by the clock after which the calculation of a molecule is stopped."""


class Built(NamedTuple):
    """A molecule nearly at its minimum.

    Attributes:
        numbers: atomic numbers (N,).
        positions: (N, 3), Å, atoms in the order of its name.
        energy: eV.
        gibbs: eV; None where it was not computed.
        level: of the energies.
    """

    numbers: np.ndarray
    positions: np.ndarray
    energy: float
    gibbs: float | None
    level: str


def rough(smiles: str, seed: int) -> Built:
    """Relax the lowest conformer of the force field roughly, with GFN2-xTB.

    Args:
        smiles: name of the molecule.
        seed: with the name it decides the conformers.

    Raises:
        CalculationError: `structure_failed`, where the molecule cannot be embedded or changes its
            bonds; else as `xtb.energy`.
    """
    mol, numbers, seed = _start(smiles, seed)
    starts = conformers(mol, seed)
    if not starts:
        raise CalculationError("structure_failed", f"'{smiles}' cannot be embedded")
    atoms = DEFAULT_SURFACE.atoms(numbers, starts[0], 0, 1)
    if len(atoms) > 1:
        minimise(atoms, FMAX, MAX_STEPS)
    _refuse_changed(smiles, mol, numbers, atoms.positions)
    name = label(DEFAULT_SURFACE.level)
    return Built(numbers, atoms.get_positions(), atoms.get_potential_energy(), None, name)


def settled(smiles: str, seed: int, surface: Surface, temperature: float) -> Built:
    """The lowest of a few conformers at a minimum of a surface, with its Gibbs energy.

    Raises:
        UnbuildableError: as `relaxed_fragment`.
        CalculationError: as `thermochemistry.minimum`, or as `rough`.
    """
    mol, numbers, seed = _start(smiles, seed)
    start = relaxed_fragment(mol, 1, seed)
    whole = np.zeros(len(numbers), np.uint8)
    surface = surface_of(Reaction(smiles, numbers, start, start, whole, whole, 0, 1), surface)
    atoms, found = minimum(Molecule(numbers, start, 0, 1), surface)
    _refuse_changed(smiles, mol, numbers, atoms.positions)
    thermo = thermochemistry(atoms, np.abs(found), temperature, 1)
    name = label(surface.level, surface.solvent)
    return Built(numbers, atoms.get_positions(), thermo.electronic, thermo.gibbs, name)


def _start(smiles: str, seed: int) -> tuple[Chem.Mol, np.ndarray, int]:
    """RDKit's molecule, its atomic numbers (N,), and a seed that is the same on every machine."""
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    digest = hashlib.blake2b(f"{seed} {smiles}".encode(), digest_size=4).digest()
    return mol, np.array(graph_of(smiles).numbers, np.uint8), int.from_bytes(digest) >> 2


def _refuse_changed(smiles: str, mol: Chem.Mol, numbers: np.ndarray, positions: np.ndarray) -> None:
    if not has_bonds_of(mol, numbers, positions):
        raise CalculationError(
            "structure_failed", f"'{smiles}' is no minimum: its bonds change as it relaxes"
        )


class MoleculeBuilder:
    """Fills in structures and energies, or why there are none, for the names in a table."""

    def __init__(self, stage: MoleculeStage, run: Runner) -> None:
        self._stage = stage
        self._run = run

    def __call__(self, table: pa.Table) -> pa.Table:
        """The same rows with the columns that the stage gives."""
        answers = [
            timed_answer(partial(self._cells, smiles)) | identity(smiles)
            for smiles in table[c.MOLECULE].to_pylist()
        ]
        for name in MoleculeStage.gives:
            cells = [answer.get(name) for answer in answers]
            table = table.append_column(name, pa.array(cells, c.COLUMNS[name].type))
        return table

    def _cells(self, smiles: str) -> Answer:
        one = self._stage
        if one.level is None:
            found = self._run(WALL_S, rough, smiles, one.seed)
        else:
            surface = Surface(one.level, weights=one.weights, solvent=one.solvent)
            found = self._run(WALL_S, settled, smiles, one.seed, surface, one.temperature)
        return {
            c.ATOMIC_NUMBERS: found.numbers.tolist(),
            c.MOLECULE_POSITIONS: found.positions.tolist(),
            c.MOLECULE_ENERGY: found.energy,
            c.MOLECULE_GIBBS: found.gibbs,
            c.ENERGY_LEVEL: f"{found.level}//{found.level}",
        }

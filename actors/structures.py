"""Three-dimensional structures for the reactions that are given as SMILES."""

import hashlib
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rdkit import Chem

from tscreen.actors.mapping.branches import fit_branches
from tscreen.actors.mapping.unmapped import completed
from tscreen.actors.smiles.conformers import relaxed_fragment
from tscreen.actors.smiles.hydrogens import fit_hydrogens
from tscreen.actors.smiles.mapping import UnbuildableError, parse_reaction
from tscreen.actors.smiles.states import molecule_of_atoms
from tscreen.actors.stages import BuildStage
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import positions_array
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.tables import POSITIONS, TYPES, with_column
from tscreen.schemas.validate import electron_fault

BUILT = tuple(name for name in BuildStage.gives if name != c.BUILD_S)
GAP = 3.0
"""Angstrom between fragments that are laid out side by side; it carries no information."""


class StructureBuilder:
    """Stage that fills in the structures of the rows that have a SMILES and no structure at all.

    A SMILES without a map gets the best one, unless the row brings it along. A row whose SMILES
    cannot be used is rejected. The same seed and mapped molecule give the same structure wherever
    it is built, so that reactions of one molecule start from one conformer.
    """

    def __init__(self, seed: int, max_atoms: int = 100) -> None:
        """Set up the stage.

        Args:
            seed: of the run; with the molecule it decides the conformers that are tried.
            max_atoms: larger reactions are rejected before any work goes into them.
        """
        self._seed = seed
        self._max_atoms = max_atoms

    def __call__(self, table: pa.Table) -> pa.Table:
        """The same rows in the same order; `build_s` holds the seconds that went into each."""
        seconds = np.zeros(table.num_rows)
        rows = _rows_to_build(table)
        old = _contract_columns(table) if rows else None
        if old is not None:
            new = []
            for row in rows:
                start = time.perf_counter()
                new.append(self._row({name: cells[row].as_py() for name, cells in old.items()}))
                seconds[row] = time.perf_counter() - start
            for name in BUILT:
                table = with_column(table, name, _merged(name, old[name], rows, new))
        return with_column(table, c.BUILD_S, pa.array(seconds))

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._built(row)
        except UnbuildableError as error:
            code, message = error.code, error.message
        except Exception as error:  # whatever one molecule does to RDKit must not reach others
            code = RejectCode.STRUCTURE_FAILED
            message = f"unexpected {type(error).__name__} while building: {error}"
        text = f"reaction '{row[c.REACTION_ID]}': {message}"
        return row | {c.REJECT_CODE: str(code), c.REJECT_MESSAGE: text}

    def _built(self, row: dict[str, Any]) -> dict[str, Any]:
        """The cells of a row with its structures.

        Raises:
            UnbuildableError: the SMILES cannot be used, or does not agree with the other columns.
        """
        mapped = row[c.MAPPED_SMILES] or next(iter(completed(row[c.SMILES])), None)
        reaction = parse_reaction(mapped or row[c.SMILES])
        n_atoms = len(reaction.numbers)
        if n_atoms > self._max_atoms:
            message = f"{n_atoms} atoms; the limit of this run is {self._max_atoms}"
            raise UnbuildableError(RejectCode.TOO_MANY_ATOMS, message)
        if row[c.CHARGE] not in (None, reaction.charge):
            raise UnbuildableError(
                RejectCode.ELECTRON_COUNT,
                f"column '{c.CHARGE}' holds {row[c.CHARGE]} but the formal charges of the SMILES "
                f"sum to {reaction.charge}; correct one of them",
            )
        given = row[c.MULTIPLICITY]
        multiplicity = reaction.multiplicity if given is None else given
        fault = electron_fault(reaction.numbers, reaction.charge, multiplicity)
        if fault is not None:
            raise UnbuildableError(*fault)
        states = reaction.states(multiplicity)
        reactant, reactant_fragments = _side(reaction.reactant, states[0], self._seed)
        product, product_fragments = _side(reaction.product, states[1], self._seed)
        if mapped:
            order = fit_branches(reaction, reactant, product)
            product, product_fragments = product[order], product_fragments[order]
        product = fit_hydrogens(reaction, reactant, product)
        return row | {
            c.MAPPED_SMILES: mapped,
            c.ATOMIC_NUMBERS: reaction.numbers,
            c.REACTANT_POSITIONS: reactant,
            c.PRODUCT_POSITIONS: product,
            c.REACTANT_FRAGMENTS: reactant_fragments,
            c.PRODUCT_FRAGMENTS: product_fragments,
            c.CHARGE: reaction.charge,
            c.MULTIPLICITY: multiplicity,
            **dict(zip(c.STATES, states, strict=True)),
        }


def _side(
    mol: Chem.Mol, states: Sequence[tuple[int, int]], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Positions (N, 3) in Angstrom and fragments (N,) of one side, each fragment on its own."""
    positions = np.zeros((mol.GetNumAtoms(), 3))
    pieces = Chem.GetMolFrags(mol, asMols=True)
    edge = 0.0
    for atoms, piece, (_, multiplicity) in zip(Chem.GetMolFrags(mol), pieces, states, strict=True):
        own = _seed(seed, Chem.MolToSmiles(piece))
        xyz = _relaxed(_Same(piece), multiplicity, own)
        xyz = xyz - xyz.mean(axis=0)
        xyz[:, 0] += edge - xyz[:, 0].min()
        edge = xyz[:, 0].max() + GAP
        positions[list(atoms)] = xyz
    return positions, molecule_of_atoms(mol)


class _Same:
    """A molecule that equals another one of the same atoms, in the same order, and bonds."""

    def __init__(self, mol: Chem.Mol) -> None:
        self.mol = mol
        self._key = mol.ToBinary()

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._key == other._key


@lru_cache(maxsize=1000)
def _relaxed(molecule: _Same, multiplicity: int, seed: int) -> np.ndarray:
    """`relaxed_fragment`, kept, as the molecules of a sweep come back in many reactions."""
    return relaxed_fragment(molecule.mol, multiplicity, seed)


def _seed(*parts: object) -> int:
    """A seed below 2^30 that is the same on every machine."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=4).digest()
    return int.from_bytes(digest) >> 2


def _rows_to_build(table: pa.Table) -> list[int]:
    """Good rows with an id and a SMILES, but without any cell of a structure."""
    if c.REACTION_ID not in table.column_names or c.SMILES not in table.column_names:
        return []
    chosen = pc.and_(pc.is_valid(table[c.REACTION_ID]), pc.is_valid(table[c.SMILES]))
    for name in (*c.STRUCTURE, c.REJECT_CODE):
        if name in table.column_names:
            chosen = pc.and_(chosen, pc.is_null(table[name]))
    return np.flatnonzero(chosen.to_numpy()).tolist()


def _contract_columns(table: pa.Table) -> dict[str, pa.Array] | None:
    """The columns that a row is built from and into; None where they are of a wrong type.

    Such a file has nothing to build: validation turns its rows away and says why.
    """
    columns = {}
    for name in (c.REACTION_ID, c.SMILES, *BUILT):
        if name not in table.column_names:
            columns[name] = pa.nulls(table.num_rows, TYPES[name])
            continue
        try:
            columns[name] = table[name].cast(TYPES[name]).combine_chunks()
        except pa.ArrowException:
            return None
    return columns


def _merged(name: str, old: pa.Array, rows: list[int], new: list[dict[str, Any]]) -> pa.Array:
    """A column with the new cells in the given rows."""
    cells = [row[name] for row in new]
    built = positions_array(cells) if TYPES[name] == POSITIONS else pa.array(cells, TYPES[name])
    order = np.arange(len(old))
    order[rows] = len(old) + np.arange(len(rows))
    return pa.concat_arrays([old, built]).take(pa.array(order))

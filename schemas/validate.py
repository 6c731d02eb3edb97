"""Turn bad rows away, each with a code and a sentence, and leave the good ones ready to use."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.schemas.elements import COVALENT_RADII, HEAVIEST, SYMBOLS
from tscreen.schemas.normalise import Fault, missing, normalise
from tscreen.schemas.reaction import Reaction, reactions_of
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.tables import TYPES, with_column

LEAST_SHARE = 0.5
"""Of the sum of two covalent radii; atoms that are closer are a mistake in the file, not chemistry.
No two of a molecule in GDB7-22-TS and Cyclo-23-TS are closer than 0.76 of it."""


def validate(table: pa.Table, *, max_atoms: int) -> pa.Table:
    """Check every row against the contract.

    Args:
        table: reactions as they were read; columns may be missing or of other types. Rows that
            already carry a reject code are left alone.
        max_atoms: the largest reaction that is accepted.

    Returns:
        The same rows in the same order, the contract's columns in the contract's types, with
        `reject_code` and `reject_message` filled for every bad row and null for every good one.
    """
    codes, messages = _known_rejects(table)
    ids: list[str | None] = [None] * table.num_rows

    def blame(faults: list[Fault]) -> None:
        for fault in faults:
            if codes[fault.row] is None:
                name = "" if ids[fault.row] is None else f"reaction '{ids[fault.row]}': "
                codes[fault.row] = str(fault.code)
                messages[fault.row] = name + fault.message

    for name in c.CONTRACT:
        if name in table.column_names:
            column, faults = normalise(name, table[name])
        elif name in c.REQUIRED:
            column, faults = _absent(name, table)
        else:
            continue
        if name == c.REACTION_ID:
            ids = column.to_pylist()
        blame(faults)
        table = with_column(table, name, column)

    good = np.array([row for row, code in enumerate(codes) if code is None], np.int64)
    for row, reaction in zip(
        good, reactions_of(table.take(pa.array(good, pa.int64()))), strict=True
    ):
        found = _fault_of(reaction, max_atoms)
        if found is not None:
            blame([Fault(row, *found)])
    if c.TS_GUESS in table.column_names:
        blame(_bad_guesses(table))
    blame(_duplicates(ids, codes))
    table = with_column(table, c.REJECT_CODE, pa.array(codes, pa.string()))
    return with_column(table, c.REJECT_MESSAGE, pa.array(messages, pa.string()))


def _fault_of(reaction: Reaction, max_atoms: int) -> tuple[RejectCode, str] | None:
    """The first thing that is wrong with the chemistry of a row whose cells are all readable."""
    n = len(reaction.atomic_numbers)
    for name in (
        c.REACTANT_POSITIONS,
        c.PRODUCT_POSITIONS,
        c.REACTANT_FRAGMENTS,
        c.PRODUCT_FRAGMENTS,
    ):
        length = len(getattr(reaction, name))
        if length != n:
            return RejectCode.LENGTHS_DIFFER, (
                f"column '{name}' lists {length} atoms but '{c.ATOMIC_NUMBERS}' lists {n}; "
                "every column must list the same atoms in the same order"
            )
    if n < 2:
        return RejectCode.TOO_FEW_ATOMS, f"{n} atoms; a reaction needs at least two"
    if n > max_atoms:
        return RejectCode.TOO_MANY_ATOMS, f"{n} atoms; the limit of this run is {max_atoms}"
    unknown = sorted({z for z in reaction.atomic_numbers.tolist() if not 0 < z <= HEAVIEST})
    if unknown:
        return RejectCode.UNKNOWN_ELEMENT, (
            f"{', '.join(map(_symbol, unknown))} in column '{c.ATOMIC_NUMBERS}'; GFN2-xTB "
            f"computes the elements from H to {SYMBOLS[HEAVIEST]} alone; leave the row out"
        )
    return (
        _geometry_fault(c.REACTANT_POSITIONS, reaction)
        or _geometry_fault(c.PRODUCT_POSITIONS, reaction)
        or electron_fault(reaction.atomic_numbers, reaction.charge, reaction.multiplicity)
        or _states_fault(c.REACTANT_STATES, reaction, reaction.reactant_fragments)
        or _states_fault(c.PRODUCT_STATES, reaction, reaction.product_fragments)
    )


def _geometry_fault(name: str, reaction: Reaction) -> tuple[RejectCode, str] | None:
    positions = getattr(reaction, name)
    if not np.isfinite(positions).all():
        atom = int(np.flatnonzero(~np.isfinite(positions).all(axis=1))[0])
        return RejectCode.NOT_FINITE, (
            f"column '{name}': atom {atom} (counting from 0) has a coordinate that is not a number"
        )
    fragments = (
        reaction.reactant_fragments if name == c.REACTANT_POSITIONS else reaction.product_fragments
    )
    # Separate fragments have frames of their own, so an overlap between them means nothing.
    x, y, z = positions.astype(np.float64).T
    square = np.subtract.outer(x, x) ** 2
    square += np.subtract.outer(y, y) ** 2
    square += np.subtract.outer(z, z) ** 2
    radii = COVALENT_RADII[reaction.atomic_numbers]
    least = LEAST_SHARE * np.add.outer(radii, radii)
    close = (square < least**2) & np.equal.outer(fragments, fragments)
    if np.count_nonzero(close) > len(positions):  # each atom is close to itself
        i, j = np.argwhere(np.triu(close, 1))[0]
        return RejectCode.ATOMS_OVERLAP, (
            f"column '{name}': atoms {i} and {j} (counting from 0) are "
            f"{square[i, j] ** 0.5:.3f} Angstrom apart, closer than {least[i, j]:.2f}; "
            "check the structure and that coordinates are in Angstrom"
        )
    return None


def electron_fault(
    numbers: np.ndarray, charge: int, multiplicity: int
) -> tuple[RejectCode, str] | None:
    """What is wrong with a charge and multiplicity for atomic numbers (N,), None if nothing."""
    protons = int(numbers.sum(dtype=np.int64))
    electrons = protons - charge
    if electrons > 2 * protons:  # hydride has twice its own, no other ion as many
        return RejectCode.ELECTRON_COUNT, (
            f"charge {charge} would more than double the {protons} electrons of the neutral atoms; "
            f"correct column '{c.CHARGE}'"
        )
    unpaired = multiplicity - 1
    if 0 <= unpaired <= electrons and (electrons - unpaired) % 2 == 0:
        return None
    return RejectCode.ELECTRON_COUNT, (
        f"{electrons} electrons at charge {charge} do not fit multiplicity {multiplicity}; "
        f"correct column '{c.CHARGE}' or '{c.MULTIPLICITY}'"
    )


def _states_fault(
    name: str, reaction: Reaction, fragments: np.ndarray
) -> tuple[RejectCode, str] | None:
    """What is wrong with the states of a side's molecules, whose atoms are those of a fragment."""
    states = getattr(reaction, name)
    if states is None:
        return None
    names = np.unique(fragments)
    if len(states) != len(names):
        return RejectCode.LENGTHS_DIFFER, (
            f"column '{name}' has {len(states)} states for {len(names)} molecules; give each one"
        )
    charges, multiplicities = zip(*states, strict=True)
    if sum(charges) != reaction.charge:
        return RejectCode.ELECTRON_COUNT, (
            f"the charges in column '{name}' sum to {sum(charges)} and column '{c.CHARGE}' holds "
            f"{reaction.charge}; correct one of them"
        )
    for number, state in zip(names, states, strict=True):
        fault = electron_fault(reaction.atomic_numbers[fragments == number], *state)
        if fault is not None:
            code, message = fault
            return code, f"column '{name}', molecule {number}: {message}"
    return spin_fault(f"column '{name}'", multiplicities, reaction.multiplicity)


def spin_fault(
    where: str, multiplicities: Sequence[int], multiplicity: int
) -> tuple[RejectCode, str] | None:
    """What is wrong with molecules whose spins have to combine to that of the whole, if anything.

    They combine to every spin from the least to the sum; a greater one means that one of them is
    excited.
    """
    unpaired = [one - 1 for one in multiplicities]
    least = max(2 * max(unpaired) - sum(unpaired), sum(unpaired) % 2)
    if multiplicity - 1 >= least:
        return None
    return RejectCode.ELECTRON_COUNT, (
        f"{where}: molecules of multiplicity {', '.join(map(str, multiplicities))} combine to "
        f"{1 + least} or more and not to {multiplicity}; correct column '{c.MULTIPLICITY}' or the "
        "states of the molecules (in a SMILES, [O][O] is triplet oxygen and O=O singlet oxygen)"
    )


def _bad_guesses(table: pa.Table) -> list[Fault]:
    """Structures to start from that are not of the reaction's atoms."""
    faults = []
    cells = zip(*(table[name].to_pylist() for name in (c.TS_GUESS, c.ATOMIC_NUMBERS)), strict=True)
    for row, (guess, numbers) in enumerate(cells):
        if guess is None or numbers is None:
            continue
        if len(guess) != len(numbers):
            message = (
                f"column '{c.TS_GUESS}' lists {len(guess)} atoms but '{c.ATOMIC_NUMBERS}' lists "
                f"{len(numbers)}; every column must list the same atoms in the same order"
            )
            faults.append(Fault(row, RejectCode.LENGTHS_DIFFER, message))
        elif not np.isfinite(guess).all():
            message = f"column '{c.TS_GUESS}' has a coordinate that is not a number; correct it"
            faults.append(Fault(row, RejectCode.NOT_FINITE, message))
    return faults


def _duplicates(ids: list[str | None], codes: list[str | None]) -> list[Fault]:
    """Later rows with an id already seen; rows that the reader turned away do not count."""
    seen: set[str] = set()
    faults = []
    for row, (name, code) in enumerate(zip(ids, codes, strict=True)):
        if name is None or code is not None:
            continue
        if name in seen:
            message = f"this {c.REACTION_ID} occurred before; make it unique"
            faults.append(Fault(row, RejectCode.DUPLICATE_ID, message))
        seen.add(name)
    return faults


def _known_rejects(table: pa.Table) -> tuple[list[str | None], list[str | None]]:
    if c.REJECT_CODE not in table.column_names:
        return [None] * table.num_rows, [None] * table.num_rows
    return table[c.REJECT_CODE].to_pylist(), table[c.REJECT_MESSAGE].to_pylist()


def _absent(name: str, table: pa.Table) -> tuple[pa.Array, list[Fault]]:
    found = [other for other in table.column_names if other not in c.INTERNAL]
    message = f"{missing(name, found)}; add it as {TYPES[name]}"
    faults = [Fault(row, RejectCode.MISSING_COLUMN, message) for row in range(len(table))]
    return pa.nulls(len(table), TYPES[name]), faults


def _symbol(z: int) -> str:
    return SYMBOLS[z] if 0 < z < len(SYMBOLS) else f"element {z}"

"""One transition state between two structures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms

from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction
from tscreen.screen.errors import UsageError
from tscreen.screen.library.predicting import predict


@dataclass(frozen=True)
class TransitionState:
    """A transition state of N atoms and what is known of it; energies in kcal/mol.

    What no calculation has given is None.

    Attributes:
        atoms: where it lies.
        verified: whether it is a saddle point that joins reactant and product.
        p_good: probability that it is within 0.2 Å of that of a reference calculation.
        barrier: predicted for the level that `row` names, as are the next two.
        barrier_low: lower end of its 90 % interval.
        barrier_high: upper end.
        imaginary_frequency: |ν| of the imaginary mode, cm⁻¹.
        imaginary_mode: displacements (N, 3) along it, largest atom moving by 1 Å.
        row: all columns of a run's results.
    """

    atoms: Atoms
    verified: bool
    p_good: float
    barrier: float | None
    barrier_low: float | None
    barrier_high: float | None
    imaginary_frequency: float | None
    imaginary_mode: np.ndarray | None
    row: dict[str, Any]


def find_ts(
    reactant: Atoms,
    product: Atoms,
    *,
    charge: int = 0,
    multiplicity: int | None = None,
    **settings: Any,
) -> TransitionState:
    """Find the transition state of the reaction between two structures.

    It is generated, refined on GFN2-xTB with the learnt correction and followed down to both
    sides, as in `tscreen run`; where that fails it is the generated one, not verified:

        ts = tscreen.find_ts(read("reactant.xyz"), read("product.xyz"))
        print(ts.verified, ts.barrier)
        ts.atoms.write("ts.xyz")

    Args:
        reactant: its atoms; separate molecules may be placed anywhere.
        product: the same atoms in the same order.
        charge: total charge.
        multiplicity: of spin; None for the lowest that the number of electrons allows.
        settings: as of `predict`.

    Raises:
        ValueError: the two are not the same atoms in the same order.
        UsageError: the reaction cannot be screened, or the settings contradict each other.
        TypeError: there is no such setting.
    """
    reaction = Reaction.from_atoms(reactant, product, charge=charge, multiplicity=multiplicity)
    found, bad = predict([reaction], **settings)
    for fault in bad.iter_rows(named=True):
        raise UsageError(fault[c.MESSAGE])
    row = found.row(0, named=True)
    mode = row[c.IMAGINARY_MODE]
    return TransitionState(
        Atoms(reaction.atomic_numbers, row[c.TS_POSITIONS]),
        bool(row[c.VERIFIED]),
        row[c.P_GOOD],
        row[c.BARRIER_ML],
        row[c.BARRIER_ML_LOW],
        row[c.BARRIER_ML_HIGH],
        row[c.IMAGINARY_FREQUENCY],
        None if mode is None else np.array(mode),
        row,
    )

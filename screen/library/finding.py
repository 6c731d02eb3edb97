"""One transition state between two structures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms

from tscreen.schemas import columns as c
from tscreen.schemas.status import Status
from tscreen.screen.errors import UsageError
from tscreen.screen.library.predicting import predict
from tscreen.screen.library.reaction import Reaction

ENERGY = "energy_kcal_mol"
"""In the `info` of a frame of a path."""


@dataclass(frozen=True)
class TransitionState:
    """A transition state of N atoms and what is known of it; energies in kcal/mol.

    What no calculation has given is None: all about mode, frequencies and path where the
    transition state is the generated one.

    Attributes:
        atoms: where it lies.
        verified: whether it is a saddle point that joins reactant and product.
        p_good: probability that it is within 0.2 Å of that of a reference calculation.
        barrier: predicted for the level that `row` names, as are the next two.
        barrier_low: lower end of its 90 % interval.
        barrier_high: upper end.
        imaginary_frequency: |ν| of the imaginary mode, cm⁻¹.
        imaginary_mode: displacements (N, 3) along it, largest atom moving by 1 Å.
        frequencies: of all vibrations, rising, the imaginary one negative, cm⁻¹.
        path: from the minimum on the reactant's side over the saddle point to that on the
            product's, every step of the ways down. `info["energy_kcal_mol"]` of a frame is its
            electronic energy on the surface that was searched, above the relaxed separate molecules
            of the reactant: at the saddle point it is the row's `barrier_kcal_mol`. Where the row's
            `connects` names an intermediate, the path ends there.
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
    frequencies: np.ndarray | None
    path: list[Atoms] | None
    row: dict[str, Any]


def find_ts(
    reactant: Atoms | Reaction,
    product: Atoms | None = None,
    *,
    charge: int = 0,
    multiplicity: int | None = None,
    **settings: Any,
) -> TransitionState:
    """Find the transition state of the reaction between two structures, or of a `Reaction`.

    It is generated, refined on GFN2-xTB with the learnt correction and followed down to both
    sides, as in `tscreen run`; where that fails it is the generated one, not verified:

        ts = tscreen.find_ts(read("reactant.xyz"), read("product.xyz"))
        print(ts.verified, ts.barrier)
        ts.atoms.write("ts.xyz")
        write("path.xyz", ts.path)

    Args:
        reactant: its atoms; separate molecules may be placed anywhere. Or the `Reaction`, which
            knows its product, charge and multiplicity.
        product: the same atoms in the same order.
        charge: total charge.
        multiplicity: of spin; None for the lowest that the number of electrons allows.
        settings: as of `predict`.

    Raises:
        UsageError: the two are not the same atoms in the same order, the reaction cannot be
            screened, or the settings contradict each other.
        TypeError: there is no such setting.
    """
    reaction = _reaction(reactant, product, charge, multiplicity)
    found = predict([reaction], **settings)
    for fault in found.rejects.iter_rows(named=True):
        raise UsageError(fault[c.MESSAGE])
    row = found.results.row(0, named=True)
    verified = row[c.STATUS] in (Status.REFINED, Status.XTB)
    return TransitionState(
        Atoms(reaction.atomic_numbers, row[c.TS_POSITIONS]),
        verified,
        row[c.P_GOOD],
        row[c.BARRIER_ML],
        row[c.BARRIER_ML_LOW],
        row[c.BARRIER_ML_HIGH],
        row[c.IMAGINARY_FREQUENCY] if verified else None,
        np.array(row[c.IMAGINARY_MODE]) if verified else None,
        np.array(found.candidates[c.VIBRATIONS][0]) if verified else None,
        _frames(reaction, found.paths.row(0, named=True), row[c.BARRIER]) if verified else None,
        row,
    )


def _reaction(
    reactant: Atoms | Reaction, product: Atoms | None, charge: int, multiplicity: int | None
) -> Reaction:
    if not isinstance(reactant, Reaction):
        if product is None:
            raise UsageError("give a reactant and a product, or a Reaction")
        return Reaction.from_atoms(reactant, product, charge=charge, multiplicity=multiplicity)
    if product is not None or charge or multiplicity is not None:
        raise UsageError(
            f"reaction '{reactant.reaction_id}' knows its product, charge and multiplicity; leave "
            "these out"
        )
    return reactant


def _frames(reaction: Reaction, path: dict[str, Any], barrier: float) -> list[Atoms]:
    """The path through the TS, which is the first saddle point of its reaction."""
    steps = zip(path[c.PATH_POSITIONS], path[c.PATH_ENERGIES], strict=True)
    return [
        Atoms(reaction.atomic_numbers, positions, info={ENERGY: barrier + energy})
        for positions, energy in steps
    ]

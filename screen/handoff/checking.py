"""Is what came back of a job the transition state and the molecules that were asked for?"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tscreen.actors.jobs.calculation import Calculation
from tscreen.actors.jobs.job import PRODUCT, REACTANT, Job, Kind, Step
from tscreen.actors.quantum.hessian import NOISE_CM1
from tscreen.actors.quantum.thermochemistry import CUTOFF_CM1
from tscreen.actors.saddles.irc import JOINED, Ends, connects
from tscreen.actors.saddles.saddle import belongs_to
from tscreen.model.reactions.superposition import deviation
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import bond_graph, changing_bonds
from tscreen.schemas.elements import SYMBOLS
from tscreen.schemas.units import KCAL_MOL

Found = Mapping[str, Calculation]
"""What is there of the steps of a job, by their names."""


class UnfitError(ValueError):
    """What came back is not what was asked for; the text says what is wrong, and the remedy."""


def row_of(job: Job, found: Found, ts: np.ndarray) -> dict[str, Any]:
    """The row of `OUT/quantum/` for a job whose TS and reactant are done.

    Args:
        job: what was asked for.
        found: at least the TS and the molecules of the reactant.
        ts: the TS of the results (N, 3), Å.

    Raises:
        UnfitError: something is wrong with what came back.
    """
    for step in job.steps:
        if step.name in found:
            _check_atoms(job, step, found[step.name])
            if step.kind is Kind.MINIMUM:
                _check_molecule(job, step, found[step.name])
    saddle = found[job.saddle.name]
    _check_saddle(job, saddle)
    reactant = [found[step.name] for step in job.molecules(REACTANT)]
    product = [found[step.name] for step in job.molecules(PRODUCT) if step.name in found]
    electronic = _sum(one.energy for one in reactant)
    whole = len(product) == len(job.molecules(PRODUCT))
    barrier = saddle.energy - electronic
    corrections = [one.zero_point for one in (saddle, *reactant)]
    at_saddle, *at_reactant = (np.nan if one is None else one for one in corrections)
    with_zero_point = barrier + at_saddle - _sum(at_reactant)
    assert saddle.frequencies_cm1 is not None, "it was checked"
    return {
        c.REACTION_ID: job.row[c.REACTION_ID],
        c.QC_LEVEL: job.level,
        c.QC_PROGRAM: job.program,
        c.BARRIER_QC: barrier / KCAL_MOL,
        c.BARRIER_QC_ZPE: None if np.isnan(with_zero_point) else with_zero_point / KCAL_MOL,
        c.REACTION_ENERGY_QC: (_sum(one.energy for one in product) - electronic) / KCAL_MOL
        if whole
        else None,
        c.IMAGINARY_FREQUENCY_QC: -float(saddle.frequencies_cm1[0]),
        c.CONNECTS_QC: _connects(job, found),
        c.TS_RMSD_QC: deviation(ts, saddle.positions),
        c.TS_POSITIONS_QC: saddle.positions.tolist(),
    }


def _sum(numbers: Iterable[float]) -> float:
    return float(sum(numbers))


def _check_atoms(job: Job, step: Step, here: Calculation) -> None:
    wanted = job.numbers(step)
    if not np.array_equal(wanted, here.numbers):
        raise UnfitError(
            f"{step.name} has the atoms {_formula(here.numbers)} in place of {_formula(wanted)}; "
            "the output must be of this job's input, atoms in its order"
        )
    if not np.isfinite(here.positions).all() or not np.isfinite(here.energy):
        raise UnfitError(f"{step.name} has an energy or positions that are not finite; repeat it")


def _formula(numbers: Sequence[int] | np.ndarray) -> str:
    return " ".join(SYMBOLS[z] if 0 < z < len(SYMBOLS) else f"Z={z}" for z in numbers)


def _check_saddle(job: Job, here: Calculation) -> None:
    if here.frequencies_cm1 is None or here.mode is None:
        raise UnfitError(
            f"{job.saddle.name} has no vibrations, without which it may be no saddle point; "
            "compute them at its end"
        )
    imaginary = here.frequencies_cm1[here.frequencies_cm1 < -NOISE_CM1]
    if len(imaginary) != 1:
        told = f" ({', '.join(f'{-v:.0f}i' for v in imaginary)} cm⁻¹)" if len(imaginary) else ""
        raise UnfitError(
            f"{job.saddle.name} has {len(imaginary)} imaginary modes{told} in place of one; "
            "optimise it again, with second derivatives at every step"
        )
    if not belongs_to(here.positions, here.mode, changing_bonds(job.reaction)):
        raise UnfitError(
            f"{job.saddle.name} has gone elsewhere: its imaginary mode forms or breaks no bond of "
            "this reaction; optimise it again from another structure"
        )


def _check_molecule(job: Job, step: Step, here: Calculation) -> None:
    if here.frequencies_cm1 is not None and (here.frequencies_cm1 < -CUTOFF_CM1).any():
        raise UnfitError(
            f"{step.name} has an imaginary mode of {-here.frequencies_cm1.min():.0f}i cm⁻¹ and is "
            "no minimum; optimise it again from a structure without symmetry"
        )
    numbers, given = job.numbers(step), np.array(step.positions)
    if not np.array_equal(bond_graph(numbers, given), bond_graph(numbers, here.positions)):
        raise UnfitError(
            f"{step.name} has gone elsewhere: it lost the bonds that it was given with, so the "
            "barrier would be that of another reaction"
        )


def _connects(job: Job, found: Found) -> str | None:
    """What the paths down lead to; null unless both were followed."""
    ends = [
        found[step.name].positions
        for step in job.steps
        if step.kind in (Kind.FORWARD, Kind.REVERSE) and step.name in found
    ]
    if len(ends) < 2:
        return None
    joined = connects(job.reaction, Ends(ends[0], ends[1]))
    if joined != JOINED:
        raise UnfitError(
            f"the paths down from {job.saddle.name} lead to {joined}, not to reactant and product; "
            "follow them further, or, if that is where they end, take it for another reaction"
        )
    return joined

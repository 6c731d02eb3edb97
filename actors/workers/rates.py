"""The columns that a predicted barrier fills, its rate constant among them."""

import math

from tscreen.actors.quantum.solvents import plus_solvation
from tscreen.actors.workers.cells import Answer
from tscreen.model.inference.assessment import Barrier
from tscreen.schemas import columns as c
from tscreen.schemas.units import BOLTZMANN, BOLTZMANN_OVER_PLANCK


def predicted_cells(barrier: Barrier | None, temperature: float) -> Answer:
    """The cells of `columns.PREDICTED`, all null without a barrier.

    Args:
        barrier: with its 90 % interval.
        temperature: in K, for the rate constant.
    """
    if barrier is None:
        return dict.fromkeys(c.PREDICTED)
    return {
        c.BARRIER_ML: barrier.value,
        c.BARRIER_ML_LOW: barrier.low,
        c.BARRIER_ML_HIGH: barrier.high,
        c.BARRIER_ML_LEVEL: barrier.level,
        c.RATE_CONSTANT: 10.0 ** log10_rate_constant(barrier.value, temperature),
        c.LOG10_RATE_LOW: log10_rate_constant(barrier.high, temperature),
        c.LOG10_RATE_HIGH: log10_rate_constant(barrier.low, temperature),
    }


def in_solution(barrier: Barrier | None, solvation: float, solvent: str | None) -> Barrier | None:
    """A barrier predicted for the gas phase, with what a solvent adds to it.

    Its interval moves with it: how far the solvent model is off is not known.

    Args:
        barrier: of the gas phase.
        solvation: what the solvent adds, kcal/mol; nan where that could not be computed.
        solvent: its name, None for the gas phase.
    """
    if barrier is None or solvent is None:
        return barrier
    if not math.isfinite(solvation):
        return None
    value, low, high = (one + solvation for one in (barrier.value, barrier.low, barrier.high))
    return Barrier(value, low, high, plus_solvation(barrier.level, solvent))


def log10_rate_constant(barrier: float, temperature: float) -> float:
    """Decadic logarithm of the rate constant in 1/s by Eyring (J. Chem. Phys. 1935).

    The ``barrier`` in kcal/mol stands for the Gibbs energy of activation at ``temperature`` in K,
    with a transmission coefficient of one: activation entropy and tunnelling are left out.
    """
    attempts = math.log10(BOLTZMANN_OVER_PLANCK * temperature)
    return attempts - barrier / (BOLTZMANN * temperature * math.log(10.0))

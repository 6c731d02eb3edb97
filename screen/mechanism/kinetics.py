"""Microkinetics: how much there is of each molecule of a network as time goes on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp
from scipy.sparse import csc_array, csr_array

from tscreen.screen.errors import UsageError
from tscreen.screen.mechanism.energies import Mechanism, counts

RELATIVE = 1e-6
"""Tolerance of a concentration."""
LEAST = 1e-14
"""The same where there is next to none, as a share of all that is there at the beginning."""
ROUNDING = 64 * np.finfo(float).eps
"""What is left of two equal rates that cancel, as a share of one."""
FIRST = 1e-12
"""The first time after the beginning that is told, as a share of the last."""
N_TIMES = 240
MOST_LOOKS = 30_000
"""How often rates are computed before it is given up: rounding can leave no step small enough."""


@dataclass(frozen=True)
class Course:
    """Concentrations over time.

    Attributes:
        times: (T,) in s; the first one is 0, the others are evenly spaced by their logarithms.
        molecules: names, M of them.
        concentrations: (T, M) in mol/L.
    """

    times: np.ndarray
    molecules: tuple[str, ...]
    concentrations: np.ndarray

    @property
    def final(self) -> dict[str, float]:
        """The last concentration of each molecule, mol/L, the highest first."""
        last = zip(self.molecules, self.concentrations[-1].tolist(), strict=True)
        return dict(sorted(last, key=lambda one: -one[1]))


class MassAction:
    """The rate equations of a network: each step runs forward and back by the law of mass action.

    Attributes:
        constants: rate constants (2 S,), those of all steps forward, then back.
        used: (2 S, W) which molecules react, by number; M where there are fewer than W.
        net: (M, 2 S) how many of each molecule one event makes, less those that it uses up.
    """

    def __init__(self, mechanism: Mechanism) -> None:
        steps = mechanism.steps
        place = {name: k for k, name in enumerate(mechanism.gibbs)}
        used = [one.reactants for one in steps] + [one.products for one in steps]
        made = used[len(steps) :] + used[: len(steps)]
        barriers = [one.barrier for one in steps] + [one.reverse_barrier for one in steps]
        self.constants = np.exp([mechanism.log_rate(barrier) for barrier in barriers])
        self.used = np.full((len(used), max(map(len, used), default=0)), len(place))
        for row, names in zip(self.used, used, strict=True):
            row[: len(names)] = [place[name] for name in names]
        self.looks = 0
        self.net = (counts(made, place) - counts(used, place)).T.tocsr()

    def change(self, _time: float, concentrations: np.ndarray) -> np.ndarray:
        """(M,) of each concentration, mol/(L s)."""
        self.looks += 1
        if self.looks > MOST_LOOKS:
            raise FloatingPointError("the steps in time become too small")
        present = np.append(concentrations, 1.0)[self.used]
        return self.net @ (self.constants * present.prod(1))

    def still(self, _time: float, concentrations: np.ndarray) -> float:
        """Below zero until the change of every molecule is the rounding of rates that cancel."""
        present = np.append(concentrations, 1.0)[self.used]
        rates = self.constants * present.prod(1)
        left = np.abs(self.net @ rates) > ROUNDING * (abs(self.net) @ np.abs(rates))
        return -1.0 if left.any() else 1.0

    still.terminal = True  # type: ignore[attr-defined]

    def jacobian(self, _time: float, concentrations: np.ndarray) -> csc_array:
        """(M, M): the derivative of each change by each concentration."""
        n_ways, width = self.used.shape
        present = np.append(concentrations, 1.0)[self.used]
        others = [np.delete(present, slot, axis=1).prod(1) for slot in range(width)]
        cells = (self.constants[:, None] * np.column_stack(others)).ravel()
        where = (np.repeat(np.arange(n_ways), width), self.used.ravel())
        slopes = csr_array((cells, where), shape=(n_ways, len(concentrations) + 1))
        return csc_array(self.net @ slopes[:, :-1])


def course(mechanism: Mechanism, start: Mapping[str, float], time: float) -> Course:
    """Follow the concentrations of all molecules by BDF, scipy's solver of stiff equations.

    Args:
        mechanism: its temperature is the one of the rates.
        start: mol/L of what is there at the beginning.
        time: until when, s.

    Raises:
        UsageError: a molecule is not in the network, or the equations could not be solved.
    """
    for name in start:
        if name not in mechanism.gibbs:
            raise UsageError(f"--start: '{name}' is no molecule of the network; choose one that is")
    action = MassAction(mechanism)
    begin = np.array([start.get(name, 0.0) for name in mechanism.gibbs])
    times = np.append(0.0, np.geomspace(FIRST * time, time, N_TIMES))
    if not mechanism.steps:
        return Course(times, tuple(mechanism.gibbs), np.tile(begin, (len(times), 1)))
    try:
        solved = solve_ivp(
            action.change,
            (0.0, time),
            begin,
            method="BDF",
            t_eval=times,
            jac=action.jacobian,
            events=action.still,
            rtol=RELATIVE,
            atol=LEAST * begin.sum(),
        )
    except (ArithmeticError, RuntimeError) as error:  # the latter of a matrix that is singular
        raise unsolved(time, str(error)) from error
    if not solved.success:
        raise unsolved(time, solved.message)
    last = solved.y_events[0][-1] if solved.status else begin  # from then on nothing changes
    rest = np.tile(last, (len(times) - len(solved.t), 1))
    return Course(times, tuple(mechanism.gibbs), np.concatenate([solved.y.T, rest]))


def unsolved(time: float, reason: str) -> UsageError:
    """What to raise where the equations could not be solved."""
    return UsageError(
        f"--time {time:g}: the rate equations could not be solved that far ({reason}); give a "
        "shorter time"
    )

"""What a saddle search takes at the least, told before it starts, and what it may take."""

from tscreen.actors.defaults import MODEL_LEVEL, TIMEOUT_S
from tscreen.actors.quantum.levels import CORRECTED_LEVEL

XTB_S = 4e-5
GRADIENT_S = {
    MODEL_LEVEL: XTB_S,
    CORRECTED_LEVEL: XTB_S,
    "gfn1-xtb": XTB_S,
    "wb97x-d3/def2-svp": 0.25,
}
"""Processor seconds of an energy with its gradient, for each atom squared.

Of xTB from 14 to 89 atoms (`bench/actors/xtb_programs.py`), of the functional from 3 to 10.
"""

STEPS = 30
"""Gradients of the shortest searches, beside those of second derivatives: to the saddle point and
down from it. Most searches take several times as many."""

TIMES = 15.0
"""How many times the least a search may take: more than `TIMEOUT_S` from 30 atoms on."""


def time_limit_s(n_atoms: int, given: float | None = None) -> float:
    """Processor seconds that a search of so many atoms may take: those given, if they are.

    If not, they are those of GFN2-xTB: searches at levels that are dearer are to be given theirs.
    """
    if given is not None:
        return given
    return max(TIMEOUT_S, TIMES * _shortest_s(XTB_S, n_atoms))


def least_search_s(level: str, n_atoms: int) -> float | None:
    """Processor seconds below which no search of so many atoms ends; None of levels not measured.

    Three gradients for each atom go into second derivatives.
    """
    if level not in GRADIENT_S:
        return None
    return _shortest_s(GRADIENT_S[level], n_atoms)


def _shortest_s(gradient_s: float, n_atoms: int) -> float:
    return gradient_s * n_atoms**2 * (3 * n_atoms + STEPS)

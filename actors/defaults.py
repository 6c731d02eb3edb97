"""What a user gets who asks for nothing else, and how much there is to ask for."""

from enum import StrEnum

MODEL_LEVEL = "gfn2-xtb"
"""Whose energies the assessor has learnt from, and what the correction is added to."""

DEFAULT_LEVEL = MODEL_LEVEL

TIMEOUT_S = 60.0
"""Processor seconds for the saddle search of a small reaction; see `cost.time_limit_s`."""

OPTIMISER = "tscreen.actors.quantum.optimiser"
"""Module that a process which searches saddle points imports at its start."""


class Effort(StrEnum):
    """How much a saddle search takes upon itself.

    Attributes:
        QUICK: the recommended candidate alone, followed to both sides; no Gibbs energies.
        NORMAL: all candidates and paths between the sides until a saddle point joins these; where
            the first candidate is doubtful, lower conformers of it.
        THOROUGH: always lower conformers of the saddle point and of both sides.
    """

    QUICK = "quick"
    NORMAL = "normal"
    THOROUGH = "thorough"

"""Structures between the sides of a radical reaction, their changing bonds held near some lengths.

GFN2-xTB has no saddle point for many of these reactions, so what is labelled are not saddle points
but structures around where they may be.
"""

from collections.abc import Iterator

import numpy as np
from ase.optimize import LBFGS
from numpy.typing import NDArray

from tscreen.actors.between.pulling import Springs
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE
from tscreen.actors.workers.errors import CalculationError
from tscreen.schemas.bonds import side_bonds
from tscreen.schemas.elements import COVALENT_RADII
from tscreen.schemas.reaction import Reaction

BREAKING_AND_FORMING = (
    (1.15, 1.5),
    (1.22, 1.3),
    (1.3, 1.22),
    (1.35, 1.35),
    (1.5, 1.15),
    (1.2, 1.2),
)
"""Lengths of both kinds of bonds over the sums of the covalent radii."""
ONE_KIND = (1.2, 1.35, 1.5, 1.65)
"""Where bonds only break, or only form."""
JITTER = 0.04
"""Standard deviation of these lengths."""
SHAKE = 0.02
"""Å, on every coordinate of what has relaxed: not all that is learnt from lies in a valley."""
FMAX, STEPS, LONGEST = 0.25, 40, 0.15
"""Largest force where relaxation ends, eV/Å, its steps, and the longest of these, Å."""
NEAREST = 0.6
"""Of any two atoms, over the sum of their radii."""


def structures(
    reaction: Reaction, start: NDArray[np.floating], count: int, seed: int
) -> Iterator[NDArray[np.float64]]:
    """Up to so many structures (N, 3) in Å, relaxed on GFN2-xTB from ``start`` (N, 3)."""
    before, after = side_bonds(reaction)
    pairs = np.argwhere(np.triu(before ^ after))
    forms = after[tuple(pairs.T)]
    radii = COVALENT_RADII[reaction.atomic_numbers]
    lengths = BREAKING_AND_FORMING
    if forms.all() or not forms.any():
        lengths = tuple((length, length) for length in ONE_KIND)
    rng = np.random.default_rng(seed)
    for breaking, forming in rng.permutation(lengths)[:count]:
        wanted = np.where(forms, forming, breaking) + rng.normal(0.0, JITTER, len(pairs))
        atoms = DEFAULT_SURFACE.atoms(
            reaction.atomic_numbers, start, reaction.charge, reaction.multiplicity
        )
        atoms.set_constraint(Springs(pairs, wanted * radii[pairs].sum(1)))
        try:
            LBFGS(atoms, logfile=None, maxstep=LONGEST).run(fmax=FMAX, steps=STEPS)
        except CalculationError:
            continue
        found = atoms.positions + rng.normal(0.0, SHAKE, atoms.positions.shape)
        apart = np.linalg.norm(found[:, None] - found, axis=-1)
        np.fill_diagonal(apart, np.inf)
        if (apart > NEAREST * (radii[:, None] + radii)).all():
            yield found

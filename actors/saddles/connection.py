"""Which molecules a saddle point joins: the intrinsic reaction coordinate, followed both ways."""

from typing import NamedTuple

import networkx as nx
import numpy as np
from ase.optimize import BFGS

from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
from tscreen.actors.saddles.bonds import side_bonds
from tscreen.actors.saddles.saddle import Saddle
from tscreen.actors.workers.errors import XtbError
from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.reaction import Reaction

ARC_STEP = 0.1
"""Length of a step along the path, Å times the square root of amu."""
MAX_ARC_STEPS = 40
"""By then the path has left the saddle's ridge; plain relaxation does the rest."""
ARC_FMAX = 0.1
END_FMAX = 0.05
"""Largest force on any atom at the end of the path and after relaxation, eV/Å."""
MAX_RELAX_STEPS = 300
PUSH = 0.1
"""Of the fastest atom, Å."""
RELAX_STEP = 0.08
"""Å; longer steps might jump over a low ridge into another valley."""

REACTANT, PRODUCT, OTHER = "reactant", "product", "other"
JOINED = f"{REACTANT}-{PRODUCT}"


class Ends(NamedTuple):
    """The minima (N, 3) in Å at both ends of the path through a saddle point."""

    one: np.ndarray
    other: np.ndarray


def follow(reaction: Reaction, saddle: Saddle, surface: Surface = DEFAULT_SURFACE) -> Ends:
    """Go down from the saddle point both ways.

    Steepest descent in mass-weighted coordinates (Fukui 1970, by Sella), then relaxation. Where
    Sella cannot follow the path, relaxation starts from the saddle point, pushed a little along its
    imaginary mode.

    Raises:
        XtbError: `xtb_timeout`, `xtb_scf`, or `xtb_not_relaxed` where a way down does not end.
    """
    try:
        starts = [_down_the_path(reaction, saddle, way, surface) for way in ("forward", "reverse")]
    except IntegrationError:
        starts = [saddle.positions + sign * PUSH * saddle.direction for sign in (1, -1)]
    return Ends(*(_relaxed(reaction, start, surface) for start in starts))


class IntegrationError(RuntimeError):
    """Sella could not follow a path."""


def _down_the_path(reaction: Reaction, saddle: Saddle, way: str, surface: Surface) -> np.ndarray:
    from sella import IRC

    atoms = surface.atoms(
        reaction.atomic_numbers, saddle.positions, reaction.charge, reaction.multiplicity
    )
    try:
        with np.errstate(divide="ignore", invalid="ignore"):
            path = IRC(atoms, dx=ARC_STEP, logfile=None)
            path.run(fmax=ARC_FMAX, steps=MAX_ARC_STEPS, direction=way)
    except XtbError:
        raise
    except Exception as error:  # Sella's own kinds, and those of the linear algebra below it.
        raise IntegrationError from error
    return atoms.get_positions()


def _relaxed(reaction: Reaction, start: np.ndarray, surface: Surface) -> np.ndarray:
    r = reaction
    atoms = surface.atoms(r.atomic_numbers, start, r.charge, r.multiplicity)
    relaxation = BFGS(atoms, logfile=None, maxstep=RELAX_STEP)
    if not relaxation.run(fmax=END_FMAX, steps=MAX_RELAX_STEPS):
        raise XtbError("xtb_not_relaxed", f"no minimum {MAX_RELAX_STEPS} steps downhill")
    return atoms.get_positions()


def connects(reaction: Reaction, ends: Ends) -> str:
    """What the path joins: `reactant-product`, or with `other` in place of one or both.

    An end is a side if its bonds are, atom by atom or with atoms of one element exchanged. Both
    directions count. Where both sides are the same molecules only the bonds atom by atom tell.
    """
    numbers = reaction.atomic_numbers
    sides = side_bonds(reaction)
    mapped_only = _alike(numbers, *sides)
    found = [bond_graph(numbers, end) for end in ends]
    fits = [
        [
            np.array_equal(end, side) or (not mapped_only and _alike(numbers, end, side))
            for side in sides
        ]
        for end in found
    ]
    (a_reactant, a_product), (b_reactant, b_product) = fits
    if (a_reactant and b_product) or (a_product and b_reactant):
        return JOINED
    if a_reactant or b_reactant:
        return f"{REACTANT}-{OTHER}"
    return f"{OTHER}-{PRODUCT}" if a_product or b_product else f"{OTHER}-{OTHER}"


def _alike(numbers: np.ndarray, one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two bond graphs are the same molecules."""
    graphs = []
    for bonds in (one, other):
        graph = nx.from_numpy_array(bonds.astype(int))
        nx.set_node_attributes(graph, dict(enumerate(numbers.tolist())), "element")
        graphs.append(graph)
    return nx.vf2pp_is_isomorphic(*graphs, node_label="element")

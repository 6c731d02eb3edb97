"""The ways to a verified saddle point that `peers.py` sets beside each other, one reaction each."""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from ase import Atoms
from ase.units import Bohr, Hartree

from tscreen.actors import verified
from tscreen.actors.defaults import MODEL_LEVEL
from tscreen.actors.quantum.hessian import modes
from tscreen.actors.quantum.levels import CORRECTED_LEVEL
from tscreen.actors.quantum.sides import molecules, sides_of
from tscreen.actors.quantum.xtb import Surface, relax
from tscreen.actors.saddles import ladder, saddle
from tscreen.actors.saddles.irc import JOINED, STEPWISE, connects
from tscreen.actors.saddles.ladder import Found
from tscreen.actors.saddles.path import IMAGES, NEB_STEPS, interpolated, path_ends, peak
from tscreen.actors.saddles.saddle import Saddle
from tscreen.actors.verified import PROFILE_SHARE, Order, Searched
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.evaluation.finished import off_reference
from tscreen.model.reactions.data import ReferenceReaction
from tscreen.schemas.reaction import Reaction
from tscreen.schemas.units import KCAL_MOL, ROOM_TEMPERATURE

BAND, STRING, CORRECTED, PLAIN = "band", "string", "tscreen", "tscreen, GFN2-xTB alone"
METHODS = (BAND, STRING, CORRECTED, PLAIN)
PACKAGES = {BAND: "geodesic_interpolate", STRING: "pysisyphus"}

SIDE_FMAX = 0.005
"""eV/Å, as tight as the molecules of a side are relaxed for their thermochemistry."""
STRING_CYCLES = 50
TS_CYCLES = 150


class Reached(NamedTuple):
    """What a method came to.

    Attributes:
        outcome: What the saddle point joins, or the code of the error.
        message: Of the error.
        positions: Of the saddle point (N, 3), Å.
        barrier: Of the reactant, kcal/mol; None where it is not known.
        start: How it was begun, or the rungs of the ladder.
    """

    outcome: str
    message: str | None = None
    positions: np.ndarray | None = None
    barrier: float | None = None
    start: str = ""


class Clocks:
    """Processor seconds since the start, and of those the ones spent in some functions."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._start = time.process_time()
        self._open = 0

    @property
    def total(self) -> float:
        """Seconds since the start."""
        return time.process_time() - self._start

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Counts what goes on within for a name."""
        start = time.process_time()
        try:
            yield
        finally:
            spent = time.process_time() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + spent

    @contextmanager
    def watching(self, name: str, module: object, function: str) -> Iterator[None]:
        """Counts the calls of a module's function for a name."""
        watched: Callable[..., Any] = getattr(module, function)

        def timed(*args: Any, **options: Any) -> Any:
            with self.of(name):
                return watched(*args, **options)

        setattr(module, function, timed)
        try:
            yield
        finally:
            setattr(module, function, watched)


def attempt(
    method: str, row: ReferenceReaction, candidates: list[np.ndarray], limit_s: float
) -> dict[str, Any]:
    """One method on one reaction, as a row of the report; whatever goes wrong is an outcome."""
    clocks = Clocks()
    with contextlib.ExitStack() as stack:
        stack.enter_context(clocks.watching("verification", saddle, "hessian"))
        stack.enter_context(clocks.watching("verification", ladder, "follow"))
        stack.enter_context(clocks.watching("climb", verified, "climb"))
        stack.enter_context(contextlib.redirect_stdout(stack.enter_context(_nowhere())))
        try:
            reached = _reached(method, row.reaction, candidates, limit_s, clocks)
        except CalculationError as error:
            reached = Reached(error.code, error.message)
        except (Exception, SystemExit) as error:
            reached = Reached("crash", f"{type(error).__name__}: {error}"[:300])
    total, told = clocks.total, clocks.seconds
    # A search within its own barrier: what does not belong to the climb is the barrier's.
    beyond = total - told["climb"] if "climb" in told else told.get("barrier", 0.0)
    return row_of(method, row, reached, total - beyond, told.get("verification", 0.0), beyond)


def row_of(
    method: str,
    row: ReferenceReaction,
    reached: Reached,
    core_s: float,
    verification_s: float | None = None,
    barrier_s: float | None = None,
) -> dict[str, Any]:
    """What is kept of an attempt.

    Args:
        method: Its name.
        row: The reference.
        reached: What came of it.
        core_s: Seconds until the saddle point was verified.
        verification_s: Of those, what its Hessian and the ways down took.
        barrier_s: Seconds that the barrier took after that.
    """
    joined = reached.outcome in (JOINED, STEPWISE)
    return {
        "reaction_id": row.reaction_id,
        "method": method,
        "n_atoms": len(row.reaction.atomic_numbers),
        "outcome": reached.outcome,
        "message": reached.message,
        "start": reached.start,
        "verified": joined,
        "rmsd": off_reference(reached.positions, row) if joined else None,
        "barrier": reached.barrier if joined else None,
        "reference": row.barrier,
        "core_s": core_s,
        "verification_s": verification_s,
        "barrier_s": barrier_s,
    }


def _reached(
    method: str, reaction: Reaction, candidates: list[np.ndarray], limit_s: float, clocks: Clocks
) -> Reached:
    if method in (CORRECTED, PLAIN):
        level = CORRECTED_LEVEL if method == CORRECTED else MODEL_LEVEL
        order = Order(Surface(level), limit_s, ROOM_TEMPERATURE)
        return _told(verified.search(reaction, candidates, order))
    surface = Surface(deadline=time.process_time() + limit_s)
    way = by_band if method == BAND else by_string
    found, start = way(reaction, surface)
    ends = ladder.follow(reaction, found, surface)
    joining = Found(found, connects(reaction, ends), ends, method)
    if not joining.joined:
        # Every method's saddle points are followed on past an intermediate.
        joining = ladder.onward(reaction, joining, surface)
    told = Reached(joining.connects, None, found.positions, None, start)
    if not joining.joined:
        return told
    later = surface._replace(deadline=time.process_time() + PROFILE_SHARE * limit_s)
    with clocks.of("barrier"):
        try:
            return told._replace(barrier=_barrier(reaction, found.energy, later))
        except CalculationError as error:
            return told._replace(message=f"no barrier: {error.message}")


def _told(searched: Searched) -> Reached:
    found, route = searched.climb.found, ", ".join(searched.climb.route)
    failure = searched.failure
    message = failure.message if failure else None
    if found is None:
        return Reached(failure.code if failure else "crash", message, start=route)
    assert found.connects is not None
    reached = Reached(found.connects, message, found.saddle.positions, None, route)
    if searched.profile is None:
        return reached
    energy = searched.profile.saddle.electronic - searched.profile.reactant.electronic
    view = searched.correction
    if view is not None and view.switched_off is None:
        energy += float(np.mean(view.zero_point))
    elif view is not None:
        reached = reached._replace(message=f"not corrected: {view.switched_off}")
    return reached._replace(barrier=energy / KCAL_MOL)


def _barrier(reaction: Reaction, top: float, surface: Surface) -> float:
    """Electronic barrier in kcal/mol, the molecules of the reactant relaxed each on its own."""
    parts = molecules(sides_of(reaction)[0], surface)
    bottom = sum(relax(*part, fmax=SIDE_FMAX, surface=surface)[1] for part in parts)
    return (top - bottom) / KCAL_MOL


def by_band(reaction: Reaction, surface: Surface) -> tuple[Saddle, str]:
    """A climbing-image nudged elastic band from a geodesic path, and Sella from its peak."""
    start, end = path_ends(reaction, surface)
    if find_spec(PACKAGES[BAND]):
        images, name = geodesic(start, end, IMAGES), "geodesic"
    else:
        images, name = interpolated(start, end, IMAGES), "IDPP"
    return saddle.locate(reaction, peak(reaction, images, NEB_STEPS, surface), surface), name


def geodesic(start: Atoms, end: Atoms, count: int) -> list[Atoms]:
    """``count`` images between two structures, and these, on a geodesic of internal coordinates."""
    from geodesic_interpolate.geodesic import Geodesic
    from geodesic_interpolate.interpolation import redistribute

    np.random.seed(0)  # it nudges images at random
    symbols = start.get_chemical_symbols()
    # The settings of its command.
    raw = redistribute(symbols, [start.positions, end.positions], count + 2, tol=1e-2)
    smoother = Geodesic(symbols, raw, 1.7, threshold=3, friction=1e-2)
    smoother.smooth(tol=2e-3, max_iter=15)
    images = [start, *(start.copy() for _ in range(count)), end]
    for image, positions in zip(images, smoother.path, strict=True):
        image.positions = positions
    return images


def by_string(reaction: Reaction, surface: Surface) -> tuple[Saddle, str]:
    """A growing string in delocalised internal coordinates, and RS-I-RFO from its peak."""
    import quiet_pysisyphus  # noqa: F401 - first of all
    from pysisyphus.cos.GrowingString import GrowingString
    from pysisyphus.drivers.opt import run_opt
    from pysisyphus.Geometry import Geometry
    from pysisyphus.intcoords.helpers import form_coordinate_union
    from pysisyphus.run import run_tsopt_from_cos

    ends = path_ends(reaction, surface)
    symbols = ends[0].get_chemical_symbols()
    coordinates = [atoms.positions.ravel() / Bohr for atoms in ends]
    redundant = [Geometry(symbols, x, coord_type="redund") for x in coordinates]
    shared = {"typed_prims": form_coordinate_union(*redundant)}
    images = [Geometry(symbols, x, coord_type="dlc", coord_kwargs=shared) for x in coordinates]

    def calculator() -> Any:
        return _for_pysisyphus(reaction, surface)

    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for image in images:  # a calculator makes a folder where it is made
            image.set_calculator(calculator())
        string = GrowingString(images, calculator, max_nodes=IMAGES, climb=True)
        run_opt(
            string,
            calculator,
            "string",
            {"max_cycles": STRING_CYCLES, "align": False, "dump": False},
        )
        done = run_tsopt_from_cos(
            string,
            "rsirfo",
            {
                "thresh": "gau",
                "max_cycles": TS_CYCLES,
                "dump": False,
                "geom": {"type": "redund", "coord_kwargs": {}},
            },
            calculator,
        )
    if not done.opt.is_converged:
        raise CalculationError("saddle_not_found", f"no stationary point within {TS_CYCLES} steps")
    return _checked(reaction, done.geom.cart_coords.reshape(-1, 3) * Bohr, surface), "string"


def _for_pysisyphus(reaction: Reaction, surface: Surface) -> Any:
    """The surface as a calculator of pysisyphus, in atomic units."""
    from pysisyphus.calculators.Calculator import Calculator

    r = reaction
    state = (r.charge, r.multiplicity)
    subject = surface.atoms(r.atomic_numbers, r.reactant_positions, *state)

    class Bridge(Calculator):
        def get_energy(self, atoms: Any, coords: np.ndarray, **options: Any) -> dict[str, Any]:
            return self.get_forces(atoms, coords, **options)

        def get_forces(self, _atoms: Any, coords: np.ndarray, **_options: Any) -> dict[str, Any]:
            subject.positions = coords.reshape(-1, 3) * Bohr
            forces = subject.get_forces().ravel() * Bohr / Hartree
            return {"energy": subject.get_potential_energy() / Hartree, "forces": forces}

    return Bridge(charge=state[0], mult=state[1], check_mem=False)


def _checked(reaction: Reaction, positions: np.ndarray, surface: Surface) -> Saddle:
    """A saddle point that another program has found, if it has one imaginary mode."""
    r = reaction
    atoms = surface.atoms(r.atomic_numbers, positions, r.charge, r.multiplicity)
    energy = atoms.get_potential_energy()
    matrix = saddle.hessian(atoms)
    found = modes(atoms, matrix)
    if found.n_imaginary != 1:
        raise CalculationError("wrong_imaginary_count", f"{found.n_imaginary} imaginary modes")
    return Saddle(positions, energy, found.frequencies_cm1, found.direction, 0, matrix)


@contextmanager
def _nowhere() -> Iterator[Any]:
    """A file for what nobody reads; what C code prints goes where it always goes."""
    sys.stdout.flush()
    with open(os.devnull, "w") as file:  # noqa: PTH123
        yield file

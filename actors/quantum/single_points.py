"""Single points of a reaction's sides and of structures between them."""

from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from types import TracebackType

import numpy as np

from tscreen.actors.quantum.sides import side_energy, sides_of
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE, Surface
from tscreen.actors.workers.errors import CalculationError
from tscreen.actors.workers.pools import calculating_pool
from tscreen.model.reactions.energies import Energies
from tscreen.schemas.reaction import Reaction


def single_points(
    reaction: Reaction, structures: np.ndarray, surface: Surface = DEFAULT_SURFACE
) -> Energies:
    """Energies of both sides, each molecule on its own, and of structures ``(K, N, 3)`` in Å.

    Raises:
        CalculationError: as `xtb.energy`, where a side or every structure fails.
    """
    reactant, product = (side_energy(side, surface) for side in sides_of(reaction))
    energies = np.full(len(structures), np.nan)
    forces = np.full(np.shape(structures), np.nan, dtype=np.float32)
    failure = None
    for k, structure in enumerate(structures):
        atoms = surface.atoms(
            reaction.atomic_numbers, structure, reaction.charge, reaction.multiplicity
        )
        try:
            energies[k] = atoms.get_potential_energy()
            forces[k] = atoms.get_forces()
        except CalculationError as error:
            failure = error
    if failure and not np.isfinite(energies).any():
        raise failure
    return Energies(reactant, product, energies, forces)


def solvation(reaction: Reaction, structure: np.ndarray, solvent: str | None) -> float:
    """What a solvent adds to the barrier of a TS (N, 3) in Å over the sides as given, in kcal/mol.

    Raises:
        CalculationError: As `single_points`.
    """
    if solvent is None:
        return 0.0
    within, without = (
        single_points(reaction, structure[None], Surface(solvent=name)).barriers[0]
        for name in (solvent, None)
    )
    return float(within - without)


class SinglePointPool:
    """Single points of many reactions on several cores.

    Serves as `tscreen.model.reactions.energies.SinglePoints`. A reaction whose calculations fail,
    or end the process that they run in, has nan for energies. Use it as a context manager.
    """

    def __init__(self, workers: int | None, surface: Surface = DEFAULT_SURFACE) -> None:
        self._workers, self._surface = workers, surface
        self._pool = calculating_pool(workers)

    def __enter__(self) -> "SinglePointPool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def __call__(
        self, reactions: Sequence[Reaction], structures: Sequence[np.ndarray]
    ) -> list[Energies]:
        """Energies of every reaction's sides and structures ``(K, N, 3)`` in Å."""
        calculate = partial(_or_nan, self._surface)
        try:
            return list(self._pool.map(calculate, reactions, structures, chunksize=8))
        except BrokenProcessPool:
            self._pool = calculating_pool(self._workers)
        return [self._alone(*one) for one in zip(reactions, structures, strict=True)]

    def _alone(self, reaction: Reaction, structures: np.ndarray) -> Energies:
        """Of one reaction while no other is computed: xTB ends its process on some nonsense."""
        try:
            return self._pool.submit(_or_nan, self._surface, reaction, structures).result()
        except BrokenProcessPool:
            self._pool = calculating_pool(self._workers)
            return _nothing(structures)


def _or_nan(surface: Surface, reaction: Reaction, structures: np.ndarray) -> Energies:
    try:
        return single_points(reaction, structures, surface)
    except CalculationError:
        return _nothing(structures)


def _nothing(structures: np.ndarray) -> Energies:
    forces = np.full(np.shape(structures), np.nan, dtype=np.float32)
    return Energies(np.nan, np.nan, np.full(len(structures), np.nan), forces)

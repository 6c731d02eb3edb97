"""What a quick quantum chemistry says of a reaction's structures: the model's second opinion.

The model never computes energies itself. Whoever has a program for them hands over a
`SinglePoints`, so that training, evaluation and the engine share one path.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tscreen.schemas.reaction import Reaction
from tscreen.schemas.units import KCAL_MOL


@dataclass(frozen=True)
class Energies:
    """Single points of one reaction of N atoms: its two sides and K structures between them.

    Attributes:
        reactant: energy of the reactant side in eV, nan where there is none.
        product: the same of the product side.
        structures: energies ``(K,)`` in eV, nan where a calculation failed.
        forces: on the atoms of the structures ``(K, N, 3)`` in eV/Å, nan where it failed.
    """

    reactant: float
    product: float
    structures: NDArray[np.float64]
    forces: NDArray[np.float32]

    @property
    def barriers(self) -> NDArray[np.float64]:
        """Energy of every structure above the reactant side ``(K,)``, kcal/mol."""
        return (self.structures - self.reactant) / KCAL_MOL

    @property
    def reaction_energy(self) -> float:
        """Energy of the product side above the reactant side, kcal/mol."""
        return (self.product - self.reactant) / KCAL_MOL

    def take(self, chosen: Sequence[int]) -> "Energies":
        """The same for some of the structures."""
        return Energies(self.reactant, self.product, self.structures[chosen], self.forces[chosen])


SinglePoints = Callable[[Sequence[Reaction], Sequence[NDArray[np.float32]]], list[Energies]]
"""Energies of every reaction's sides and of its structures ``(K, N, 3)`` in Å; nan where failed."""

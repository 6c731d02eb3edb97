"""A network at one temperature, with one Gibbs energy for each molecule and each TS.

The energies of a step are those of its own row, and no two rows need agree: around a cycle of steps
they need not add up to zero, because conformers and levels of theory differ, and rates that are
taken from such rows have no equilibrium. So the molecules get the energies that fit the reaction
energies of all steps best (least squares), and barriers are measured from them: detailed balance is
then exact, whatever the rows say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from scipy.sparse.linalg import lsqr

from tscreen.schemas import columns as c
from tscreen.schemas.units import BOLTZMANN, BOLTZMANN_OVER_PLANCK

LITRE_ATMOSPHERES = 0.08205736608096
"""Gas constant in L atm/(mol K)."""

TIGHT = 1e-14
"""Tolerance of the least squares."""

ELECTRONIC = (c.BARRIER, c.REACTION_ENERGY)
UNVERIFIED, NO_ENERGIES, NO_CHANGE = "not verified", "no barrier or reaction energy", "no change"
"""Why a row of the table is no step of the network."""


@dataclass(frozen=True)
class ElementaryStep:
    """An elementary step, which runs both ways; energies in kcal/mol.

    Attributes:
        name: its `reaction_id`.
        reactants: names of molecules, one entry for each.
        products: the same.
        barrier: Gibbs energy of the TS over the reactants; never below zero.
        reverse_barrier: the same over the products.
        enthalpy: of activation, forward.
        thermal: whether its row has Gibbs energies and enthalpies; else all are electronic.
    """

    name: str
    reactants: tuple[str, ...]
    products: tuple[str, ...]
    barrier: float
    reverse_barrier: float
    enthalpy: float
    thermal: bool

    @property
    def energy(self) -> float:
        """Gibbs energy of the reaction."""
        return self.barrier - self.reverse_barrier


@dataclass(frozen=True)
class Mechanism:
    """Molecules and steps at one temperature; energies in kcal/mol, concentrations of 1 mol/L.

    Attributes:
        temperature: K.
        gibbs: of each molecule, on a scale on which only differences over reactions mean something.
        enthalpy: the same.
        start: the molecules of generation 0.
        steps: those that were verified and change something.
        left_out: how many rows are no steps, by reason.
        misfit: by how much at most the fit changes the reaction energy of a row.
    """

    temperature: float
    gibbs: dict[str, float]
    enthalpy: dict[str, float]
    start: tuple[str, ...]
    steps: tuple[ElementaryStep, ...]
    left_out: dict[str, int]
    misfit: float

    @property
    def thermal_energy(self) -> float:
        """RT, kcal/mol."""
        return BOLTZMANN * self.temperature

    def log_rate(self, barrier: float) -> float:
        """Natural logarithm of the rate constant by Eyring, in (L/mol)^(n-1)/s for n molecules."""
        return log(BOLTZMANN_OVER_PLANCK * self.temperature) - barrier / self.thermal_energy


def mechanism_at(
    molecules: pl.DataFrame, rows: pl.DataFrame, temperature: float, known_at: float
) -> Mechanism:
    """The network at a temperature.

    Enthalpy and entropy of a step are those of its row, whatever the temperature. A row without
    them is taken with its electronic energies.

    Args:
        molecules: what `tables.read_molecules` reads.
        rows: what `tables.read_steps` reads.
        temperature: K.
        known_at: the temperature of the Gibbs energies in the rows, K.
    """
    usable, left_out = _usable(rows)
    named = (molecules[c.MOLECULE], usable[c.REACTANTS].explode(), usable[c.PRODUCTS].explode())
    names = list(dict.fromkeys(name for column in named for name in column))
    start = tuple(molecules.filter(pl.col(c.GENERATION) == 0)[c.MOLECULE])
    thermal, enthalpies, entropies = _of_rows(usable, known_at)
    sides = usable.select(pl.col(c.REACTANTS, c.PRODUCTS).list.len().cast(pl.Int64)).to_numpy()
    formed = np.column_stack([1 - sides[:, 0], sides[:, 1] - sides[:, 0]])
    gibbs = enthalpies - temperature * entropies
    gibbs += thermal[:, None] * formed * standard_state(temperature)

    net = counts(usable[c.PRODUCTS].to_list(), names) - counts(usable[c.REACTANTS].to_list(), names)
    fitted, barriers, reactions = _consistent(net, gibbs)
    fitted_enthalpy, activation, _ = _consistent(net, enthalpies)
    barriers = np.maximum(barriers, np.maximum(reactions, 0.0))
    cells = (usable[c.REACTION_ID], usable[c.REACTANTS], usable[c.PRODUCTS])
    numbers = (barriers, barriers - reactions, activation, thermal)
    steps = zip(*cells, *(one.tolist() for one in numbers), strict=True)
    return Mechanism(
        temperature,
        dict(zip(names, fitted.tolist(), strict=True)),
        dict(zip(names, fitted_enthalpy.tolist(), strict=True)),
        start,
        tuple(ElementaryStep(name, tuple(r), tuple(p), *rest) for name, r, p, *rest in steps),
        left_out,
        float(np.abs(reactions - gibbs[:, 1]).max(initial=0.0)),
    )


def standard_state(temperature: float) -> float:
    """What 1 mol/L in place of 1 atm adds to the Gibbs energy of a molecule, kcal/mol."""
    return BOLTZMANN * temperature * log(LITRE_ATMOSPHERES * temperature)


def _usable(rows: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """The rows that are steps, and how many are none, by reason."""
    known = pl.all_horizontal(pl.col(ELECTRONIC).is_finite()).fill_null(False)
    changing = pl.col(c.REACTANTS).list.sort() != pl.col(c.PRODUCTS).list.sort()
    tests = {UNVERIFIED: pl.col(c.VERIFIED).fill_null(False), NO_ENERGIES: known}
    left_out = {}
    for reason, test in (tests | {NO_CHANGE: changing}).items():
        kept = rows.filter(test)
        if len(kept) < len(rows):
            left_out[reason] = len(rows) - len(kept)
        rows = kept
    return rows, left_out


def _of_rows(rows: pl.DataFrame, known_at: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which rows are thermal (S,); enthalpies, entropies (S, 2) of activation and of reaction."""
    electronic = rows.select(ELECTRONIC).to_numpy()
    thermo = rows.select(pl.col(c.THERMO).fill_null(float("nan"))).to_numpy()
    thermal = np.isfinite(thermo).all(1)
    enthalpies = np.where(thermal[:, None], thermo[:, :2], electronic)
    gibbs = np.where(thermal[:, None], thermo[:, 2:], electronic)
    return thermal, enthalpies, (enthalpies - gibbs) / known_at


def counts(sides: Sequence[Sequence[str]], names: Iterable[str]) -> csr_array:
    """(N, M): how often each molecule stands in each side of a step."""
    place = {name: k for k, name in enumerate(names)}
    which = [k for k, side in enumerate(sides) for _ in side]
    molecules = [place[name] for side in sides for name in side]
    return csr_array((np.ones(len(which)), (which, molecules)), shape=(len(sides), len(place)))


def _consistent(net: csr_array, energies: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Energies of the molecules (M,), of activation (S,) and of reaction (S,).

    A TS lies in the middle between where the reactants and where the products of its row put it.

    Args:
        net: (S, M), how many of each molecule a step makes, less those that it uses up.
        energies: (S, 2) of the rows: activation, reaction.
    """
    molecules = lsqr(net, energies[:, 1], atol=TIGHT, btol=TIGHT)[0]
    reactions = net @ molecules
    return molecules, energies[:, 0] + (reactions - energies[:, 1]) / 2, reactions

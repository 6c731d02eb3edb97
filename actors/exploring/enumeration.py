"""All elementary steps that break and form a few bonds of one molecule, or of two.

With two bonds broken and two formed these are the steps that Zhao and Savoie enumerate (YARP, Nat.
Comput. Sci. 2021, 1, 479: b2f2), or more, as only bonds that part or join two atoms are counted:
double bonds move along with them. Radicals are left out, since every molecule has a closed shell.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations

from tscreen.actors.exploring.graphs import MolecularGraph, Named, named
from tscreen.actors.exploring.lewis import MOST_BONDS, Bond

NEW_FLAWS = 1
"""How many charged pairs, carbenes and the like a product may have more than the reactant."""


@dataclass(frozen=True)
class BondLimits:
    """How far a step may go.

    Attributes:
        broken: the most bonds that break.
        formed: the most bonds that form.
    """

    broken: int = 2
    formed: int = 2


@dataclass(frozen=True)
class PossibleStep:
    """One way to one set of products.

    Attributes:
        products: names of their molecules, sorted.
        graph: the product's bonds, atoms in the order of the reactant.
        broken: bonds of the reactant that the product lacks.
        formed: bonds that it has instead.
        shifted: how many of the other bonds have another order.
    """

    products: tuple[str, ...]
    graph: MolecularGraph
    broken: tuple[Bond, ...]
    formed: tuple[Bond, ...]
    shifted: int

    @property
    def changes(self) -> int:
        """How many bonds break and form."""
        return len(self.broken) + len(self.formed)


class Enumeration:
    """The steps from one molecule, or of two that come together.

    Args:
        reactant: graph of one molecule, or of two that form at least one bond with each other.
        limits: how far an enumerated step may go.
    """

    def __init__(self, reactant: MolecularGraph, limits: BondLimits) -> None:
        self.reactant = reactant
        self._limits = limits
        self._parts = reactant.parts()
        self._part = {atom: k for k, atoms in enumerate(self._parts) for atom in atoms}
        self._formulas = [_known(named(reactant.part(atoms))) for atoms in self._parts]
        self._own = tuple(sorted(one.smiles for one in self._formulas))
        self._flaws = NEW_FLAWS + sum(one.formula.flaws for one in self._formulas)
        self._orders = _orders(reactant, self._parts, self._formulas)
        self._degree = Counter(atom for bond in reactant.bonds for atom in bond)
        self._place = _hydrogen_places(reactant)

    def __len__(self) -> int:
        """How many ways to break and form bonds there are to look at."""
        return sum(
            math.comb(len(self._pairs(broken)), k)
            for broken in self._breakings()
            for k in range(self._limits.formed + 1)
        )

    def steps(self, most_ways: int) -> list[PossibleStep]:
        """The best step to every set of products, the one with the fewest bond changes.

        Of several with equally few, the one that changes the fewest orders of other bonds.

        Args:
            most_ways: how many ways to look at, those with the fewest bond changes first.
        """
        best: dict[tuple[str, ...], PossibleStep] = {}
        for left, (broken, formed) in zip(range(most_ways, 0, -1), self._ways(), strict=False):
            del left
            step = self._step(broken, formed)
            if step is None:
                continue
            known = best.get(step.products)
            if known is None or (step.changes, step.shifted) < (known.changes, known.shifted):
                best[step.products] = step
        return list(best.values())

    def step(self, changes: Collection[Bond]) -> PossibleStep | None:
        """The step that breaks and forms bonds between given pairs of atoms, however many.

        None where it leads to no sound molecules, or back to the same ones; of two reactants where
        no bond joins them.
        """
        own = set(self.reactant.bonds)
        broken, formed = (
            [pair for pair in sorted(changes) if (pair in own) is there] for there in (True, False)
        )
        return self._step(tuple(broken), tuple(formed))

    def _ways(self) -> Iterator[tuple[tuple[Bond, ...], tuple[Bond, ...]]]:
        """Bonds to break and bonds to form, the fewest first."""
        most = self._limits
        breakings = list(self._breakings())
        for changes in range(1, most.broken + most.formed + 1):
            for broken in breakings:
                k = changes - len(broken)
                if 0 <= k <= most.formed:
                    for formed in combinations(self._pairs(broken), k):
                        yield broken, formed

    def _breakings(self) -> Iterator[tuple[Bond, ...]]:
        """Sets of bonds to break, one of those that differ by hydrogens of one atom."""
        for k in range(self._limits.broken + 1):
            for broken in combinations(self.reactant.bonds, k):
                used = [
                    self._place[atom] for bond in broken for atom in bond if atom in self._place
                ]
                # The hydrogens of an atom are alike: the first ones are taken.
                if all(number == 0 or (heavy, number - 1) in used for heavy, number in used):
                    yield broken

    def _pairs(self, broken: tuple[Bond, ...]) -> list[Bond]:
        """Atoms that may form a bond after these have broken."""
        numbers = self.reactant.numbers
        degree = self._degree.copy()
        degree.subtract(atom for bond in broken for atom in bond)
        able = [atom for atom, z in enumerate(numbers) if degree[atom] < MOST_BONDS[z]]
        taken = set(self.reactant.bonds)
        return [pair for pair in combinations(able, 2) if pair not in taken]

    def _step(self, broken: tuple[Bond, ...], formed: tuple[Bond, ...]) -> PossibleStep | None:
        degree = self._degree.copy()
        degree.subtract(atom for bond in broken for atom in bond)
        degree.update(atom for bond in formed for atom in bond)
        numbers = self.reactant.numbers
        if any(not 0 < degree[a] <= MOST_BONDS[numbers[a]] for b in (*broken, *formed) for a in b):
            return None
        if len(self._parts) > 1 and all(self._part[i] == self._part[j] for i, j in formed):
            return None
        gone = set(broken)
        bonds = sorted([*(bond for bond in self.reactant.bonds if bond not in gone), *formed])
        graph = MolecularGraph(numbers, tuple(bonds))
        parts, found, left = graph.parts(), [], self._flaws
        for atoms in parts:
            one = named(graph.part(atoms), left)
            if one is None:
                return None
            left -= one.formula.flaws
            found.append(one)
        products = tuple(sorted(one.smiles for one in found))
        if products == self._own:
            return None
        orders = _orders(graph, parts, found)
        shifted = sum(orders[b] != self._orders[b] for b in bonds if b in self._orders)
        return PossibleStep(products, graph, broken, formed, shifted)


def _known(found: Named | None) -> Named:
    assert found is not None, "only molecules that have a name are explored"
    return found


def _orders(graph: MolecularGraph, parts: list[list[int]], found: list[Named]) -> dict[Bond, int]:
    """Orders of all bonds of a graph."""
    return {
        (atoms[i], atoms[j]): order
        for atoms, one in zip(parts, found, strict=True)
        for (i, j), order in one.formula.orders.items()
    }


def _hydrogen_places(graph: MolecularGraph) -> dict[int, tuple[int, int]]:
    """The heavy atom that each hydrogen sits on, and which of its hydrogens it is, from 0."""
    seen: Counter[int] = Counter()
    places = {}
    for i, j in graph.bonds:
        for atom, heavy in ((i, j), (j, i)):
            if graph.numbers[atom] == 1 and graph.numbers[heavy] != 1:
                places[atom] = (heavy, seen[heavy])
                seen[heavy] += 1
    return places

"""Bond orders and charges of a molecule of which only the bonds are known.

Every molecule is neutral and has a closed shell. Where atoms with their usual valences do not fill
all valences, there may be a flaw: a pair of opposite charges on two atoms that are bonded (carbon
monoxide, a nitro group, a carbonyl oxide), a carbene, or an atom of the third row with more bonds
than usual. Charges further apart would fall together in the gas phase.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

Bond = tuple[int, int]
"""Two atoms, the lower number first."""

VALENCE = {1: 1, 5: 3, 6: 4, 7: 3, 8: 2, 9: 1, 14: 4, 15: 3, 16: 2, 17: 1, 35: 1, 53: 1}
"""Of a neutral atom, by its element; others cannot be explored."""
MORE = {15: (5,), 16: (4, 6)}
POSITIVE = {7: 4, 8: 3, 15: 4, 16: 3}
NEGATIVE = {5: 4, 6: 3, 7: 2, 8: 1, 15: 2, 16: 1}
CARBENE = {6: 2, 14: 2}

MOST_BONDS = {z: max(v, POSITIVE.get(z, 0), *MORE.get(z, ())) for z, v in VALENCE.items()}
"""That an atom of this element has, double ones counted once."""
MOST_FORMS = 24
"""Ways to place double bonds of one molecule that are compared."""


@dataclass(frozen=True)
class Lewis:
    """A structural formula.

    Attributes:
        orders: of the bonds.
        charges: of the atoms that have one.
        carbenes: atoms with a lone pair and two bonds fewer than usual.
        flaws: charged pairs, carbenes and atoms with more bonds than usual.
        penalty: the lower, the better it tells what the molecule is like.
    """

    orders: dict[Bond, int]
    charges: dict[int, int]
    carbenes: tuple[int, ...]
    flaws: int
    penalty: float


@dataclass(frozen=True)
class _Flaw:
    """Valences and charges of a few atoms that are not the usual ones."""

    valences: dict[int, int]
    charges: dict[int, int]
    carbenes: tuple[int, ...] = ()
    penalty: float = 1.0


def formulas(numbers: Sequence[int], bonds: Sequence[Bond], most_flaws: int) -> list[Lewis]:
    """The best structural formulas of one molecule, of equal worth; none where no valences fit.

    Args:
        numbers: atomic numbers (N,).
        bonds: of the molecule.
        most_flaws: that it may have.
    """
    degree = [0] * len(numbers)
    for i, j in bonds:
        degree[i] += 1
        degree[j] += 1
    usual = [VALENCE[z] for z in numbers]
    if (sum(usual) - sum(degree)) % 2:
        return []
    flaws = None
    for count in range(most_flaws + 1):
        if count and flaws is None:
            flaws = _flaws(numbers, bonds, degree)
        found = [
            one
            for chosen in combinations(flaws or (), count)
            for one in _with_flaws(usual, degree, bonds, chosen)
        ]
        if found:
            least = min(one.penalty for one in found)
            return [one for one in found if one.penalty == least]
    return []


def _flaws(numbers: Sequence[int], bonds: Sequence[Bond], degree: list[int]) -> list[_Flaw]:
    """All that one or two atoms of a molecule might have."""
    found = [
        _Flaw(
            {plus: POSITIVE[numbers[plus]], minus: NEGATIVE[numbers[minus]]},
            {plus: 1, minus: -1},
            penalty=_of_charges(numbers[minus], degree[minus]),
        )
        for bond in bonds
        for plus, minus in (bond, bond[::-1])
        if _may_be_charged(numbers[plus], degree[plus], numbers[minus], degree[minus])
    ]
    for atom, z in enumerate(numbers):
        if degree[atom] <= CARBENE.get(z, -1):
            # One with a single neighbour is rather the end of a triple bond, as in carbon monoxide.
            found.append(_Flaw({atom: CARBENE[z]}, {}, (atom,), 1.0 if degree[atom] == 2 else 2.0))
        found += [_Flaw({atom: more}, {}, penalty=0.1 * more) for more in MORE.get(z, ())]
    return found


def _may_be_charged(plus: int, degree: int, minus: int, degree_of_minus: int) -> bool:
    """Whether two atoms of these elements and numbers of neighbours can share an electron pair.

    An oxygen with three single bonds gives its electrons to boron alone: beside oxygen or carbon it
    would pass an atom on.
    """
    if plus == 8 and minus != 5 and degree == POSITIVE[plus]:
        return False
    return POSITIVE.get(plus, 0) >= degree and NEGATIVE.get(minus, 0) >= degree_of_minus


def _of_charges(negative: int, neighbours: int) -> float:
    """Oxygen bears a negative charge best; carbon badly, but at the end of a triple bond."""
    if negative == 6 and neighbours == 1:
        return 1.4
    return {8: 1.0, 16: 1.1, 7: 1.2}.get(negative, 1.5)


def _with_flaws(
    usual: list[int], degree: list[int], bonds: Sequence[Bond], flaws: Sequence[_Flaw]
) -> Iterator[Lewis]:
    changed = [atom for flaw in flaws for atom in flaw.valences]
    if len(set(changed)) < len(changed):
        return
    valences = list(usual)
    for flaw in flaws:
        for atom, valence in flaw.valences.items():
            valences[atom] = valence
    free = [v - d for v, d in zip(valences, degree, strict=True)]
    if min(free) < 0:
        return
    for orders in islice(_filled(free, bonds), MOST_FORMS):
        yield Lewis(
            orders,
            {atom: charge for flaw in flaws for atom, charge in flaw.charges.items()},
            tuple(atom for flaw in flaws for atom in flaw.carbenes),
            len(flaws),
            sum(flaw.penalty for flaw in flaws),
        )


def _filled(free: list[int], bonds: Sequence[Bond]) -> Iterator[dict[Bond, int]]:
    """Orders of the bonds that use up what every atom has free, each way once."""
    able = [bond for bond in bonds if free[bond[0]] and free[bond[1]]]
    orders = dict.fromkeys(bonds, 1)

    def place(at: int) -> Iterator[dict[Bond, int]]:
        if not any(free):
            yield dict(orders)
            return
        if at == len(able):
            return
        i, j = able[at]
        for more in range(min(free[i], free[j], 2), -1, -1):
            # Nothing later can fill an atom whose last bond this is.
            if any(free[atom] > more and last[atom] == at for atom in (i, j)):
                break
            free[i] -= more
            free[j] -= more
            orders[i, j] += more
            yield from place(at + 1)
            orders[i, j] -= more
            free[i] += more
            free[j] += more

    last = {atom: at for at, bond in enumerate(able) for atom in bond}
    if all(atom in last for atom, left in enumerate(free) if left):
        yield from place(0)

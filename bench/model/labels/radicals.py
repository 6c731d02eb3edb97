"""Elementary radical reactions by rule: abstractions, additions, transfers, shifts and openings.

Writes atom-mapped SMILES, small reactions more often than large ones:

    python bench/model/labels/radicals.py reactions.csv [--count 660] [--larger | --aside]
    python bench/model/labels/radicals.py elements.csv --species radicals_of_elements.toml

`tscreen run reactions.csv --refine none --no-energies --out built` builds their structures.
"""

import argparse
import itertools
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from rdkit import Chem, rdBase
from rdkit.Chem import rdchem
from species import Species, SpeciesTable, is_aside, read_species
from writing import write_reactions

ORDERS = {1: rdchem.BondType.SINGLE, 2: rdchem.BondType.DOUBLE, 3: rdchem.BondType.TRIPLE}
LIKELIHOODS = {
    False: ((9, 1.0), (11, 0.45), (14, 0.15)),
    True: ((10, 0.35), (16, 1.0), (18, 0.3)),
}
"""How likely reactions of at most so many atoms are to be drawn, and whether they are larger."""
SHARES = {"abstraction": 0.5, "addition": 0.28, "transfer": 0.12, "shift": 0.05, "opening": 0.05}


def _joined(*species: Species) -> Chem.RWMol:
    """All atoms of some molecules in one, hydrogens too, with single and multiple bonds."""
    whole = Chem.Mol()
    for one in species:
        whole = Chem.CombineMols(whole, Chem.AddHs(Chem.MolFromSmiles(one.smiles)))
    whole = Chem.RWMol(whole)
    Chem.Kekulize(whole, clearAromaticFlags=True)
    return whole


def _hydrogen_on(whole: Chem.Mol, atom: int) -> int:
    """A hydrogen that is bound to an atom; the other atom of a hydrogen molecule."""
    around = whole.GetAtomWithIdx(atom).GetNeighbors()
    return next(x.GetIdx() for x in around if x.GetAtomicNum() == 1)


def _mapped(
    left: Chem.RWMol,
    breaks: tuple[int, int] | None,
    forms: tuple[int, int] | None,
    order: tuple[int, int, int] | None,
    radical: tuple[int, int],
) -> str:
    """Mapped SMILES of both sides.

    Bonds of two atoms break and form, that of ``order`` becomes one order higher or lower, and the
    unpaired electron goes from one atom of ``radical`` to the other.
    """
    for atom in left.GetAtoms():
        atom.SetAtomMapNum(atom.GetIdx() + 1)
        atom.SetNoImplicit(True)
    right = Chem.RWMol(left)
    if breaks:
        right.RemoveBond(*breaks)
    if forms:
        right.AddBond(*forms, ORDERS[1])
    if order:
        bond = right.GetBondBetweenAtoms(*order[:2])
        bond.SetBondType(ORDERS[round(bond.GetBondTypeAsDouble()) + order[2]])
    for atom, electrons in zip(radical, (0, 1), strict=True):
        right.GetAtomWithIdx(atom).SetNumRadicalElectrons(electrons)
    Chem.SanitizeMol(right)
    return f"{Chem.MolToSmiles(left)}>>{Chem.MolToSmiles(right)}"


def abstraction(donor: Species, radical: Species) -> str:
    """A radical takes a hydrogen."""
    whole = _joined(donor, radical)
    n = whole.GetNumAtoms() - _joined(radical).GetNumAtoms()
    site, end = donor.places[0], n + radical.places[0]
    hydrogen = _hydrogen_on(whole, site)
    return _mapped(whole, (site, hydrogen), (hydrogen, end), None, (end, site))


def addition(acceptor: Species, radical: Species) -> str:
    """A radical adds to a double or triple bond."""
    whole = _joined(acceptor, radical)
    n = whole.GetNumAtoms() - _joined(radical).GetNumAtoms()
    (site, other), end = acceptor.places, n + radical.places[0]
    return _mapped(whole, None, (site, end), (site, other, -1), (end, other))


def transfer(halide: Species, radical: Species) -> str:
    """A radical takes a halogen atom, or half of a peroxide."""
    whole = _joined(halide, radical)
    n = whole.GetNumAtoms() - _joined(radical).GetNumAtoms()
    (left, taken), end = halide.places, n + radical.places[0]
    return _mapped(whole, (left, taken), (taken, end), None, (end, left))


def shift(one: Species) -> str:
    """A hydrogen goes to the radical of its own molecule."""
    whole = _joined(one)
    radical, donor = one.places
    hydrogen = _hydrogen_on(whole, donor)
    return _mapped(whole, (donor, hydrogen), (hydrogen, radical), None, (radical, donor))


def opening(one: Species) -> str:
    """The bond next to a radical breaks, of a ring or not."""
    radical, near, far = one.places
    return _mapped(_joined(one), (near, far), None, (radical, near, 1), (radical, far))


def _all(table: SpeciesTable) -> Iterator[tuple[str, Callable[[], str]]]:
    pairs = {abstraction: table.donors, addition: table.acceptors, transfer: table.halides}
    for rule, partners in pairs.items():
        for partner, radical in itertools.product(partners, table.radicals):
            yield rule.__name__, partial(rule, partner, radical)
    for rule, species in {shift: table.shifts, opening: table.openings}.items():
        for one in species:
            yield rule.__name__, partial(rule, one)


def _atoms(smiles: str) -> int:
    return smiles.partition(">>")[0].count(":")


def _has_one_of(elements: frozenset[str], smiles: str) -> bool:
    atoms = Chem.MolFromSmiles(smiles.partition(">>")[0]).GetAtoms()
    return not elements or any(atom.GetSymbol() in elements for atom in atoms)


def drawn(
    table: SpeciesTable, count: int, seed: int, *, larger: bool, aside: bool
) -> list[tuple[str, str]]:
    """Kind and mapped SMILES of so many reactions, see `LIKELIHOODS`; those set aside or all."""
    rng = random.Random(seed)
    by_kind: dict[str, list[tuple[float, str]]] = {}
    for kind, make in _all(table):
        smiles = make()
        if not _has_one_of(table.elements, smiles) or (aside and not is_aside(smiles)):
            continue
        likely = (weight for most, weight in LIKELIHOODS[larger] if _atoms(smiles) <= most)
        if weight := next(likely, None):
            by_kind.setdefault(kind, []).append((rng.random() ** (1 / weight), smiles))
    found = []
    for kind, share in SHARES.items():
        best = sorted(by_kind.get(kind, []), reverse=True)[: round(share * count)]
        found += [(kind, smiles) for _, smiles in best]
    rng.shuffle(found)
    return found


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=660)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--species", type=Path, default=Path(__file__).with_name("radicals.toml"))
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--larger", action="store_true")
    which.add_argument("--aside", action="store_true", help="those that are set aside")
    arguments = parser.parse_args()
    rdBase.DisableLog("rdApp.*")
    table, larger, aside = read_species(arguments.species), arguments.larger, arguments.aside
    reactions = drawn(table, arguments.count, arguments.seed, larger=larger, aside=aside)
    write_reactions(arguments.out, reactions)


if __name__ == "__main__":
    main()

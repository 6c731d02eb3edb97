"""Labels products of reference reactions with wB97M-V/def2-TZVP, for reaction energies.

    python bench/model/energies/products.py reactions.parquet energies-0.jsonl \
        --minutes 60 --part 0 --of 2
    python bench/model/energies/gather.py reactions.parquet energies.parquet energies-*.jsonl

A table of barriers does not say how far the products lie below them. Reactions whose products are
several molecules take two of three turns: barriers of additions are theirs, backwards.
Every part is one process of one thread; killed and repeated it goes on.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "labels"))
from label import TOLERANCE, better_energy, field_of

from tscreen.actors.quantum.sides import Molecule, molecules, sides_of
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.reactions.data import (
    HELD_OUT_PERCENT,
    ReferenceReaction,
    by_hash,
    load_reference,
)

NEAR = 2
"""Decimals, in Å, of the distances of what is the same molecule in the same conformer."""
ADDITIONS = 3
"""One turn of so many goes to a reaction that makes one molecule of one."""


class Energies:
    """A file with a line for each molecule; what it has is not repeated."""

    def __init__(self, path: Path) -> None:
        lines = map(json.loads, path.open()) if path.exists() else ()
        self._known: dict[str, float | None] = {line["id"]: line["e"] for line in lines}
        self._file = path.open("a")

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def tell(self, key: str, energy: float | None) -> None:
        """Write it down."""
        self._known[key] = energy
        self._file.write(json.dumps({"id": key, "e": energy}) + "\n")
        self._file.flush()

    def of(self, molecule: Molecule) -> float | None:
        """Energy in eV; None where the density does not converge."""
        key = key_of(molecule)
        if key not in self._known:
            self.tell(key, energy_of(molecule))
        return self._known[key]


def key_of(molecule: Molecule) -> str:
    """The same wherever the atoms stand alike; mirror images too."""
    numbers = np.array(molecule.numbers)
    apart = np.linalg.norm(molecule.positions[:, None] - molecule.positions[None], axis=-1)
    rows = sorted(
        (int(z), sorted(zip(numbers.tolist(), np.round(row, NEAR).tolist(), strict=True)))
        for z, row in zip(numbers, apart, strict=True)
    )
    return json.dumps([rows, molecule.charge, molecule.multiplicity])


def energy_of(molecule: Molecule) -> float | None:
    """By PySCF, eV; None where the density does not converge."""
    field = field_of(molecule)
    field.conv_tol = 10 * TOLERANCE
    field.kernel()
    if not field.converged:
        return None
    return better_energy(field)


def in_turn(rows: list[ReferenceReaction]) -> Iterator[ReferenceReaction]:
    """Those of several products and of one, roughly the small ones first.

    A factor of three by the hash of their ids gives all sizes some of the time; rows that are held
    out from the correction come last.
    """
    rows = sorted(rows, key=_turn)
    several = iter([row for row in rows if row.reaction.several_products])
    single = iter([row for row in rows if not row.reaction.several_products])
    turn = 0
    while True:
        turn += 1
        row = next(single if turn % ADDITIONS == 0 else several, None)
        if row is None:
            return
        yield row


def _turn(row: ReferenceReaction) -> float:
    share = ((by_hash(row.reaction_id) - HELD_OUT_PERCENT) % 100) / 100
    return row.prepared.n_atoms * (0.5 + share)


def reaction_energy(row: ReferenceReaction, energies: Energies) -> float | None:
    """Products less reactants, eV; None where one is an open shell or does not converge."""
    totals = []
    for side in sides_of(row.reaction):
        parts = molecules(side)
        if any(part.multiplicity > 1 for part in parts):
            return None
        found = [energies.of(part) for part in parts]
        known = [energy for energy in found if energy is not None]
        if len(known) < len(parts):
            return None
        totals.append(sum(known))
    return totals[1] - totals[0]


def main() -> None:
    """Label until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reactions", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--part", type=int, default=0)
    parser.add_argument("--of", type=int, default=1)
    parser.add_argument("--split", default="train")
    arguments = parser.parse_args()
    end = time.monotonic() + 60 * arguments.minutes
    energies = Energies(arguments.out)
    rows = load_reference(arguments.reactions, arguments.split).rows
    for turn, row in enumerate(in_turn(rows)):
        if time.monotonic() > end:
            return
        if turn % arguments.of == arguments.part and row.reaction_id not in energies:
            try:
                found = reaction_energy(row, energies)
            except CalculationError as error:
                print(f"{row.reaction_id}: {error}", flush=True)
                continue
            energies.tell(row.reaction_id, found)


if __name__ == "__main__":
    main()

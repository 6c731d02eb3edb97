"""Labels reactions of radicals and ions with wB97X-D3/def2-TZVP, to correct GFN2-xTB by.

    python bench/model/labels/radicals.py reactions.csv
    tscreen run reactions.csv --refine none --no-energies --out built
    python bench/model/labels/label.py built labels-0.jsonl --minutes 60 --part 0 --of 2
    python bench/model/labels/gather.py built radicals.parquet labels-*.jsonl
    tscreen train radicals.parquet --part correction --init shipped --out weights --max-minutes 10

Every part is one process of one thread; killed and repeated it goes on. Molecules of both sides are
relaxed with GFN2-xTB first, each once.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import polars as pl
from ase import units
from ase.calculators.calculator import CalculationFailed
from ase.optimize import LBFGS
from numpy.typing import NDArray
from pyscf import dft, gto
from structures import structures

from tscreen.actors.quantum.programs.pyscf_calculator import DISPERSION, FUNCTIONAL
from tscreen.actors.quantum.sides import Molecule, molecules, sides_of
from tscreen.actors.quantum.xtb import DEFAULT_SURFACE
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.reactions.data import fold_of
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.elements import SYMBOLS
from tscreen.schemas.reaction import Reaction, positions_of, reactions_of
from tscreen.schemas.status import Status
from tscreen.screen.dataset.output import read_results

BASIS = "def2-tzvp"
AUXILIARY = "def2-universal-jkfit"
"""Of fitted densities; what PySCF makes of a basis that it does not know is half as dear again."""
BETTER = "wb97m-v"
"""Mardirossian and Head-Gordon, J. Chem. Phys. 2016, 144, 214110. Of the density of wB97X-D3: that
costs half of a density of its own, and the error is of second order: 0.43 kcal/mol for ethene and
0.63 for acetaldehyde, which cancels between both sides of a reaction."""
DIFFUSE = 3.0
"""Minimal augmentation (Zheng, Xu, Truhlar, Theor. Chem. Acc. 2011, 128, 295) of the elements that
are heavier than hydrogen: one more shell of s and of p each, softer than the softest by this."""
TOLERANCE = 1e-7
"""Hartree, of the density."""
GRID = 1
"""Of PySCF, a coarse one."""
MAX_CYCLES = 80
SADDLE = "saddle"
FMAX, STEPS = 0.05, 150
"""Largest force of relaxed molecules, eV/Å, and steps to get there."""


class Label(NamedTuple):
    """Energy in eV and forces (N, 3) in eV/Å of the reference."""

    energy: float
    forces: NDArray[np.float64]


@cache
def basis_of(element: str, augmented: bool) -> list[Any]:
    """In the form of PySCF."""
    shells = gto.basis.load(BASIS, element)
    if augmented and element != "H":
        for momentum in (0, 1):
            softest = min(row[0] for shell in shells if shell[0] == momentum for row in shell[1:])
            shells = [*shells, [momentum, [softest / DIFFUSE, 1.0]]]
    return shells


def field_of(molecule: Molecule, *, augmented: bool = False) -> dft.rks.KohnShamDFT:
    """The reference of a molecule in PySCF, unsolved; ``augmented`` is for reactions of ions."""
    elements = {SYMBOLS[z] for z in molecule.numbers}
    mole = gto.M(
        atom=list(zip(molecule.numbers.tolist(), molecule.positions, strict=True)),
        charge=molecule.charge,
        spin=molecule.multiplicity - 1,
        basis={element: basis_of(element, augmented) for element in elements},
        verbose=0,
    )
    field = (dft.UKS if mole.spin else dft.RKS)(mole, xc=FUNCTIONAL).density_fit(AUXILIARY)
    field.disp, field.grids.level, field.max_cycle = DISPERSION, GRID, MAX_CYCLES
    field.conv_tol = TOLERANCE
    return field


def better_energy(field: dft.rks.KohnShamDFT) -> float:
    """Energy in eV by ``BETTER`` of what is solved."""
    kind = dft.UKS if field.mol.spin else dft.RKS
    better = kind(field.mol, xc=BETTER).density_fit(field.with_df.auxbasis)
    better.with_df, better.grids, better.nlcgrids.level = field.with_df, field.grids, 0
    return better.energy_tot(field.make_rdm1()) * units.Hartree


def forces_of(field: dft.rks.KohnShamDFT) -> NDArray[np.float64]:
    """Forces (N, 3) in eV/Å of what is solved."""
    if field.mol.natm == 1:
        return np.zeros((1, 3))
    gradient = field.nuc_grad_method()
    gradient.verbose = 0
    # The grid moves with the atoms: a coarse one leaves 0.07 eV/Å out if that is not counted.
    gradient.grid_response = True
    return -gradient.kernel() * (units.Hartree / units.Bohr)


def reference(
    molecule: Molecule,
    with_forces: bool = True,
    *,
    augmented: bool = False,
    better: bool = False,
) -> Label | None:
    """By PySCF, forces nan where they are not wanted; None where the density does not converge.

    The energy is that of ``BETTER`` where that is wanted.
    """
    field = field_of(molecule, augmented=augmented)
    energy = field.kernel() * units.Hartree
    if not field.converged:
        return None
    if better:
        energy = better_energy(field)
    forces = forces_of(field) if with_forces else np.full(molecule.positions.shape, np.nan)
    return Label(energy, forces)


def graph_of(numbers: NDArray[np.integer], positions: NDArray[np.floating]) -> nx.Graph:
    """Bonds of a molecule, with the `element` of each atom."""
    graph = nx.from_numpy_array(bond_graph(numbers, positions))
    nx.set_node_attributes(graph, dict(enumerate(map(str, numbers))), "element")
    return graph


def name_of(molecule: Molecule) -> str:
    """The same for all conformers of a molecule in one electronic state."""
    graph = graph_of(molecule.numbers, molecule.positions)
    bonds = nx.weisfeiler_lehman_graph_hash(graph, node_attr="element", iterations=4)
    atoms = "-".join(map(str, sorted(molecule.numbers.tolist())))
    return f"{atoms} {molecule.charge} {molecule.multiplicity} {bonds}"


class Lines:
    """A file with a line for each molecule and each structure; what it has is not repeated."""

    def __init__(self, path: Path) -> None:
        lines = map(json.loads, path.open()) if path.exists() else ()
        self._done = {line["id"] for line in lines}
        self._file = path.open("a")

    def __contains__(self, key: str) -> bool:
        return key in self._done

    def write(self, key: str, molecule: Molecule, found: Label, **more: Any) -> None:
        """A molecule with what the reference says of it."""
        numbers, positions, charge, multiplicity = molecule
        content = {"id": key, "z": numbers.tolist(), "x": positions.tolist(), "q": charge}
        content |= {"m": multiplicity, "e": found.energy, "f": found.forces.tolist(), **more}
        self._file.write(json.dumps(content) + "\n")
        self._file.flush()
        self._done.add(key)

    def sides(
        self, reaction: Reaction, write: Callable[[str, Molecule], None]
    ) -> dict[str, list[str]]:
        """Names of the molecules of both sides; ``write`` is asked for those that are not there."""
        names = {}
        for name, side in zip(("reactant", "product"), sides_of(reaction), strict=True):
            own = molecules(side)
            names[name] = [name_of(molecule) for molecule in own]
            for key, molecule in zip(names[name], own, strict=True):
                if key not in self:
                    write(key, molecule)
        return names


class Labeller:
    """Writes lines of molecules and of structures as they are."""

    def __init__(self, lines: Lines, *, augmented: bool, better: bool, between: int) -> None:
        self._lines, self._between = lines, between
        self._reference = partial(reference, augmented=augmented, better=better)

    def __call__(self, reaction: Reaction, start: NDArray[np.floating]) -> None:
        """Label both sides of a reaction, and structures between them or ``start``."""
        sides = self._lines.sides(reaction, self._write_relaxed)
        seed = fold_of(reaction.reaction_id, 100)
        made = enumerate(structures(reaction, start, self._between, seed))
        found = made if self._between else [(SADDLE, start)]
        for number, positions in found:
            key = f"{reaction.reaction_id}#{number}"
            if key not in self._lines:
                whole = (reaction.atomic_numbers, positions, reaction.charge, reaction.multiplicity)
                about = {"kind": "point", "reaction": reaction.reaction_id}
                self._write(key, Molecule(*whole), **about, **sides)

    def _write_relaxed(self, key: str, molecule: Molecule) -> None:
        self._write(key, _relaxed(molecule), kind="mol")

    def _write(self, key: str, molecule: Molecule, **more: Any) -> None:
        found = self._reference(molecule)
        if found is not None:
            self._lines.write(key, molecule, found, **more)


def _relaxed(molecule: Molecule) -> Molecule:
    atoms = DEFAULT_SURFACE.atoms(*molecule)
    if len(atoms) > 1:
        LBFGS(atoms, logfile=None).run(fmax=FMAX, steps=STEPS)
    return molecule._replace(positions=atoms.positions)


def built(folder: Path, *, saddles: bool) -> Iterator[tuple[Reaction, NDArray[np.float64]]]:
    """The reactions of a run and their transition states (N, 3), roughly the small ones first.

    With ``saddles`` those alone whose transition state is refined.
    """
    table = read_results(folder).sort(c.REACTION_ID)
    if saddles:
        table = table.filter(pl.col(c.STATUS) == Status.REFINED)
    table = table.collect().to_arrow()
    both = zip(reactions_of(table), positions_of(table[c.TS_POSITIONS]), strict=True)
    yield from sorted(both, key=lambda pair: _turn(pair[0]))


def _turn(reaction: Reaction) -> float:
    """The number of atoms up to a factor of three, so that all sizes get some of the time."""
    return len(reaction.atomic_numbers) * (0.5 + fold_of(reaction.reaction_id, 1000) / 1000)


def part_parser(description: str | None) -> argparse.ArgumentParser:
    """Arguments of every process that works on a part of the reactions of a run."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("built", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--part", type=int, default=0)
    parser.add_argument("--of", type=int, default=1)
    parser.add_argument("--augmented", action="store_true", help="the basis, for anions")
    return parser


def work_on_part(
    arguments: argparse.Namespace,
    work: Callable[[Reaction, NDArray[np.floating]], None],
    *,
    saddles: bool,
) -> None:
    """Do the work for the reactions of the part until the time is over; name what fails."""
    end = time.monotonic() + 60 * arguments.minutes
    for reaction, start in built(arguments.built, saddles=saddles):
        if time.monotonic() > end:
            return
        if fold_of(reaction.reaction_id, arguments.of) == arguments.part:
            try:
                work(reaction, start)
            except (CalculationError, CalculationFailed) as error:
                print(f"{reaction.reaction_id}: {error}", flush=True)


def main() -> None:
    """Label until the time is over."""
    parser = part_parser(__doc__)
    parser.add_argument("--saddles", action="store_true", help="refined ones, none between")
    parser.add_argument("--better", action="store_true", help="energies by wB97M-V")
    parser.add_argument("--per-reaction", type=int, default=3, help="structures between")
    arguments = parser.parse_args()
    between = 0 if arguments.saddles else arguments.per_reaction
    lines = Lines(arguments.out)
    basis, better = arguments.augmented, arguments.better
    labeller = Labeller(lines, augmented=basis, better=better, between=between)
    work_on_part(arguments, labeller, saddles=arguments.saddles)


if __name__ == "__main__":
    main()

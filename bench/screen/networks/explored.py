"""What a network has found, beside what is known of it.

    tscreen explore khp.smi --out net --max-barrier 90 --molecules 1     # khp.smi: O=CCCOO
    tscreen explore strecker.smi --out net --depth 2 --max-barrier 70   # C=O, N and C#N
    python bench/screen/networks/explored.py net

Barriers are over the lowest conformers, kcal/mol; Gibbs energies of activation and rate constants
at 1 mol/L are those of `tscreen network`. Of 3-hydroperoxypropanal, Grambow et al. (JACS 2018, 140,
1035) found 75 unimolecular steps by five automated methods and DFT. Core-minutes are those that
`time` tells of the command.
"""

import math
import sys

import polars as pl

from tscreen.actors.exploring.graphs import canonical
from tscreen.schemas import columns as c
from tscreen.screen.mechanism.reading import read_mechanism
from tscreen.screen.networks.tables import read_molecules, read_steps

KORCEK = {
    "3-hydroxy-1,2-dioxolane, Korcek's cyclic peroxide": "O=CCCOO>>OC1CCOO1",
    "malonaldehyde + water": "O=CCCOO>>O=CCC=O.O",
    "acrolein + hydrogen peroxide": "O=CCCOO>>C=CC=O.OO",
    "ethyl hydroperoxide + carbon monoxide": "O=CCCOO>>CCOO.[C-]#[O+]",
    "the enol": "O=CCCOO>>OC=CCOO",
    "acetaldehyde + formic acid": "O=CCCOO>>CC=O.O=CO",
}
STRECKER = {
    "formaldehyde + ammonia to aminomethanol": "C=O.N>>NCO",
    "aminomethanol to methanimine + water": "NCO>>C=N.O",
    "formaldehyde + hydrogen cyanide to glycolonitrile": "C=O.C#N>>N#CCO",
    "aminomethanol + hydrogen cyanide to aminoacetonitrile + water": "NCO.C#N>>N#CCN.O",
    "methanimine + hydrogen cyanide to aminoacetonitrile": "C=N.C#N>>N#CCN",
    "glycolonitrile + ammonia to aminoacetonitrile + water": "N#CCO.N>>N#CCN.O",
    "hydrogen cyanide to hydrogen isocyanide": "C#N>>[C-]#[NH+]",
}
KNOWN = {frozenset({"O=CCCOO"}): KORCEK, frozenset({"C=O", "N", "C#N"}): STRECKER}
"""Steps of closed shells that the literature discusses, by the molecules of the start."""


def main() -> None:
    """Print the figures."""
    steps = pl.DataFrame(read_steps(sys.argv[1]))
    molecules = pl.DataFrame(read_molecules(sys.argv[1]))
    start = set(molecules.filter(pl.col(c.GENERATION) == 0)[c.MOLECULE])
    barriers = {}
    for step in steps.to_dicts():
        sides = tuple(step[c.REACTANTS]), tuple(step[c.PRODUCTS])
        barriers[sides], barriers[sides[::-1]] = step[c.BARRIER], step[c.REVERSE_BARRIER]
    mechanism = read_mechanism(sys.argv[1])
    gibbs = {}
    for one in mechanism.steps:
        gibbs[one.reactants, one.products] = one.barrier
        gibbs[one.products, one.reactants] = one.reverse_barrier
    first = {sides for sides in barriers if start.issuperset(sides[0])}
    print(f"{len(steps)} verified steps between {len(molecules)} molecules")
    print(f"{len(first)} of them join the start and another set of products")
    print(steps.group_by(c.FOUND_BY).len().sort(c.FOUND_BY).rows())
    for name, known in KNOWN.get(frozenset(start), {}).items():
        reactants, products = (tuple(sorted(canonical(side))) for side in known.split(">>"))
        sides = reactants, products
        if sides not in barriers:
            print(f"{name}: -")
            continue
        rate = mechanism.log_rate(gibbs[sides]) / math.log(10)
        print(f"{name}: {barriers[sides]:.1f}, Gibbs {gibbs[sides]:.1f}, rate 10^{rate:.1f}")


if __name__ == "__main__":
    main()

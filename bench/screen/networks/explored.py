"""What a network of 3-hydroperoxypropanal has found, beside what others have published of it.

    tscreen explore khp.smi --out net --max-barrier 80 --molecules 1     # khp.smi: O=CCCOO
    python bench/screen/networks/explored.py net

Grambow et al. (JACS 2018, 140, 1035) found 75 unimolecular steps by five automated methods and DFT.
"""

import sys

import polars as pl

from tscreen.schemas import columns as c
from tscreen.screen.networks.tables import read_steps

START = "O=CCCOO"
PUBLISHED = {
    "3-hydroxy-1,2-dioxolane, Korcek's cyclic peroxide": ["OC1CCOO1"],
    "malonaldehyde + water": ["O", "O=CCC=O"],
    "acrolein + hydrogen peroxide": ["C=CC=O", "OO"],
    "ethyl hydroperoxide + carbon monoxide": ["CCOO", "[C-]#[O+]"],
    "the enol": ["OC=CCOO"],
    "acetaldehyde + formic acid": ["CC=O", "O=CO"],
}
"""Closed-shell products that the literature on the Korcek mechanism and its rivals discusses."""


def main() -> None:
    """Print the figures."""
    steps = pl.DataFrame(read_steps(sys.argv[1]))
    first = steps.filter(pl.col(c.REACTANTS).list.eval(pl.element() == START).list.all())
    print(f"{len(steps)} verified steps, {len(first)} of them from {START} itself")
    print(steps.group_by(c.FOUND_BY).len().sort(c.FOUND_BY).rows())
    by_products = dict(zip(map(tuple, first[c.PRODUCTS].to_list()), first[c.BARRIER], strict=True))
    for name, products in PUBLISHED.items():
        barrier = by_products.get(tuple(products))
        print(f"{name}: {'-' if barrier is None else f'{barrier:.1f} kcal/mol'}")


if __name__ == "__main__":
    main()

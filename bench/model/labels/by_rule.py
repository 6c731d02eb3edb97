"""Elementary reactions by rule, as atom-mapped SMILES.

    python bench/model/labels/by_rule.py ions.toml ions.csv [--count 420] [--seed 5]
    python bench/model/labels/by_rule.py ions_of_elements.toml ions.csv
    python bench/model/labels/by_rule.py halides.toml halides.csv
    python bench/model/labels/by_rule.py elements.toml elements.csv --count 300 --most-atoms 16
    python bench/model/labels/by_rule.py complexes.toml complexes.csv --count 40
    python bench/model/labels/by_rule.py additions.toml additions.csv --count 250 --most-atoms 16
    python bench/model/labels/by_rule.py lewis_acids.toml x.csv --count 60 --seed 6 --most-atoms 20

They are of anions and cations, of hydrogen halides, of boron, silicon, phosphorus and sulfur, of
complexes of boranes, of alanes and what Lewis acids bind, and of two molecules of carbon, hydrogen,
nitrogen and oxygen.

Every rule is a reaction SMARTS that is applied to pairs of molecules, small pairs more often, or to
single ones. Its molecules are SMILES or the name of a list of them. What to do with the table
stands in `label.py`; ions want `--augmented` then, as they do of `gather.py`, and the others
`--better`.
"""

import argparse
import itertools
import random
import tomllib
from pathlib import Path
from typing import Any

from rdkit import Chem, rdBase
from species import is_aside
from writing import write_reactions

from tscreen.actors.smiles.mapping import UnbuildableError
from tscreen.actors.smiles.smarts import ReactionSmarts

LIKELIHOODS, OF_OTHERS = ((8, 1.0), (10, 0.75)), 0.45
"""How likely pairs of at most so many atoms are to be taken, and larger ones."""
PER_PAIR = 3
"""Reactions of a pair by one rule, at most; after each it is enough with this probability:"""
ENOUGH = 0.7


class Rules:
    """Rules and lists of molecules, of a file as `ions.toml` is one."""

    def __init__(self, path: Path, most_atoms: int) -> None:
        self._likelihoods = (*LIKELIHOODS, (most_atoms, OF_OTHERS))
        with path.open("rb") as file:
            content = tomllib.load(file)
        self._molecules = content["molecules"]
        self._pairs, self._single = content["pairs"], content.get("single", {})

    def drawn(self, count: int, seed: int) -> list[tuple[str, str]]:
        """Kind and mapped SMILES of about so many of pairs, and of all those of one molecule."""
        rng = random.Random(seed)
        found = [
            (kind, smiles)
            for kind, rule in self._pairs.items()
            for smiles in self._of_pairs(rule, max(1, round(rule["share"] * count)), rng)
        ]
        for kind, rule in self._single.items():
            reaction = ReactionSmarts(rule["smarts"])
            molecules = self._listed(rule["molecules"])
            found += [(kind, x) for one in molecules for x in _outcomes(reaction, one)[:2]]
        rng.shuffle(found)
        return found

    def _of_pairs(self, rule: dict[str, Any], count: int, rng: random.Random) -> list[str]:
        """So many different reactions by one rule."""
        reaction, found = ReactionSmarts(rule["smarts"]), dict[str, None]()
        pairs = list(itertools.product(*(self._listed(rule[side]) for side in ("left", "right"))))
        rng.shuffle(pairs)
        for pair in pairs:
            n = sum(map(_atoms, pair))
            likely = next((share for most, share in self._likelihoods if n <= most), 0.0)
            if len(found) >= count or rng.random() > likely:
                continue
            for smiles in _outcomes(reaction, ".".join(pair))[:PER_PAIR]:
                found[smiles] = None
                if rng.random() < ENOUGH:
                    break
        return list(found)[:count]

    def _listed(self, molecules: str) -> list[str]:
        return self._molecules.get(molecules, molecules).split()


def _atoms(smiles: str) -> int:
    return int(Chem.AddHs(Chem.MolFromSmiles(smiles)).GetNumAtoms())


def _outcomes(reaction: ReactionSmarts, molecules: str) -> list[str]:
    try:
        return [outcome.smiles for outcome in reaction.outcomes(molecules)]
    except UnbuildableError:  # the rule has no place in them
        return []


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rules", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=420)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--most-atoms", type=int, default=13, help="of pairs")
    parser.add_argument("--aside", action="store_true", help="those that are set aside")
    arguments = parser.parse_args()
    rdBase.DisableLog("rdApp.*")
    reactions = Rules(arguments.rules, arguments.most_atoms).drawn(arguments.count, arguments.seed)
    if arguments.aside:
        reactions = [one for one in reactions if is_aside(one[1])]
    write_reactions(arguments.out, reactions)


if __name__ == "__main__":
    main()

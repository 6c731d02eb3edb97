"""Elementary reactions of anions and cations by rule, as atom-mapped SMILES.

    python bench/model/labels/ions.py ions.csv [--count 420] [--seed 5]

Every rule is a reaction SMARTS that is applied to pairs of molecules, small pairs more often. What
to do with the table stands in `label.py`, which wants `--augmented` then, as does `gather.py`.
"""

import argparse
import itertools
import random
from pathlib import Path
from typing import NamedTuple

from rdkit import Chem, rdBase
from writing import write_reactions

from tscreen.actors.smiles.mapping import UnbuildableError
from tscreen.actors.smiles.smarts import ReactionSmarts

MOST_ATOMS = 13
LIKELIHOODS = ((8, 1.0), (10, 0.75), (MOST_ATOMS, 0.45))
"""How likely pairs of at most so many atoms are to be taken."""
PER_PAIR = 3
"""Reactions of a pair by one rule, at most; after each it is enough with this probability:"""
ENOUGH = 0.7

NUCLEOPHILES = (
    "[F-] [Cl-] [Br-] [OH-] C[O-] CC[O-] [O-]O C(=O)[O-] CC(=O)[O-] [C-]#N [NH2-] C[NH-] C=C[O-] "
    "[CH2-]C#N [CH2-]C=O [C-]#C N(=O)[O-] [CH2-][N+](=O)[O-] FC[O-] [H-] [NH-]C=O [O-]Cl"
)
HALIDES = (
    "CF CCl CBr CCF CCCl CCBr FCF ClCCl FCCl CC(C)Cl CCCCl C=CCCl N#CCCl O=CCCl COCCl OCCl NCCl "
    "FCCCl CC(C)Br CCCF CC(C)F ClC(Cl)Cl"
)
CARBONYLS = (
    "C=O CC=O O=CF O=CCl COC=O O=C=O CC(C)=O O=CO NC=O C=C=O O=C=N CC(=O)Cl CC(=O)F O=CC=O "
    "CC(=O)OC FC(F)=O ClC(Cl)=O C=CC=O"
)
MICHAEL = (
    "C=CC=O C=CC#N C=C[N+](=O)[O-] C=C C#C CC=CC=O C=CF C=CCl C#CC=O C#CC#N C=CC(=O)OC C=C(F)F"
)
IMINES = "C#N CC#N C=N CC=N N#CF N#CCl C=NC N#CC#N"
ACIDS = (
    "CC#N CC=O C[N+](=O)[O-] C#N C#C O CO O=CO CC(=O)O F Cl Br N NC=O OO CC(C)=O C=CC COC=O CN CF "
    "CCl C(Cl)Cl C(F)F C(F)(F)F C(Cl)(Cl)Cl C=C C OCl CCO CC#C NO C=NO N=C=O CC(=O)F FCC#N O=CCF"
)
ALKOXIDES = "C[O-] CC[O-] C(O)[O-] CC(C)[O-] [O-]CF"
PROTONATED = (
    "[OH3+] [NH4+] C[OH2+] C=[OH+] CC=[OH+] C[NH3+] C=[NH2+] C#[NH+] [FH2+] [ClH2+] C(=[OH+])O "
    "CC#[NH+] CC(=[OH+])C OC=[OH+] CC(=[OH+])O C[OH+]C NC=[OH+] CC=[NH2+] C[NH2+]C"
)
BASES = (
    "O N CO C=O CC=O CN C=N C#N F Cl OC=O CC#N CC(C)=O NC=O COC CNC C=C CC=C C#C CC(C)=C C=CO C=CN "
    "NN OO CCl CF"
)
ELECTROPHILES = (
    "C=[NH2+] C=[OH+] CC=[OH+] C[CH+]C C[C+](C)C CC=[NH2+] C=[NH+]C [CH3+] C[C+]=O C=C[CH2+] "
    "C=[O+]C C=[F+] C=[Cl+]"
)
HYDRIDES = "C CC CCC CC(C)C CO CCO CN C=O COC CC=O C=CC CNC OC=O CCN C1CC1 CC(C)O"
NEUTRAL = "N O CO CN F Cl C#N C=O OC=O COC CC#N C=C CNC CC=O C=N CC=C"
LEAVING = (
    "C[OH2+] CC[OH2+] C[NH3+] C[OH+]C C[FH+] C[ClH+] CC[NH3+] CC[FH+] CC[ClH+] C=CC[OH2+] C[BrH+] "
    "CC(C)[OH2+] C[O+](C)C C[N+]#N"
)
ALKENES = "C=C CC=C C#C CC(C)=C C=CO C=CN C=CC=C C=CF C=COC C=CCl CC#C"
SHIFTING = (
    "CC[CH2+] CC(C)[CH2+] CCC[CH+]C CC[CH+]O OC[CH2+] CCC=[OH+] CC[C+](C)C NC[CH2+] C[OH+]C=C "
    "CC(C)(C)[CH2+]"
)


class Rule(NamedTuple):
    """A reaction SMARTS, molecules it is applied to (or pairs), and its share of the reactions."""

    smarts: str
    left: str
    right: str
    share: float


RULES = {
    "sn2": Rule("[*-:1].[C;X4:2][F,Cl,Br:3]>>[*+0:1][C:2].[*-:3]", NUCLEOPHILES, HALIDES, 0.2),
    "e2": Rule(
        "[*-:1].[H:2][C;X4:3][C;X4:4][F,Cl,Br:5]>>[*+0:1][H:2].[C:3]=[C:4].[*-:5]",
        NUCLEOPHILES,
        HALIDES,
        0.07,
    ),
    "carbonyl": Rule("[*-:1].[C:2]=[O:3]>>[*+0:1][C:2][O-:3]", NUCLEOPHILES, CARBONYLS, 0.1),
    "michael": Rule("[*-:1].[C:2]=[C:3]>>[*+0:1][C:2][C-:3]", NUCLEOPHILES, MICHAEL, 0.06),
    "alkyne": Rule("[*-:1].[C:2]#[C:3]>>[*+0:1][C:2]=[C-:3]", NUCLEOPHILES, MICHAEL, 0.02),
    "imine": Rule("[*-:1].[C:2]=[N:3]>>[*+0:1][C:2][N-:3]", NUCLEOPHILES, IMINES, 0.02),
    "nitrile": Rule("[*-:1].[C:2]#[N:3]>>[*+0:1][C:2]=[N-:3]", NUCLEOPHILES, IMINES, 0.02),
    "proton": Rule(
        "[*-:1].[H:2][C,N,O,F,Cl,Br;+0:3]>>[*+0:1][H:2].[*-:3]", NUCLEOPHILES, ACIDS, 0.12
    ),
    "hydride": Rule(
        "[O-:1][C:2][H:3].[C:4]=[O:5]>>[O+0:1]=[C:2].[H:3][C:4][O-:5]", ALKOXIDES, CARBONYLS, 0.04
    ),
    "formate": Rule(
        "[O-:1][C:2](=[O:6])[H:3].[C:4]=[O:5]>>[O+0:1]=[C:2]=[O:6].[H:3][C:4][O-:5]",
        "C(=O)[O-]",
        CARBONYLS,
        0.01,
    ),
    "proton_cation": Rule(
        "[H:1][N+,O+,F+,Cl+:2].[N,O,F,Cl;+0:3]>>[*+0:2].[H:1][*+:3]", PROTONATED, BASES, 0.06
    ),
    "protonation": Rule(
        "[H:1][N+,O+,F+,Cl+:2].[C:3]=[C:4]>>[*+0:2].[H:1][C:3][C+:4]", PROTONATED, ALKENES, 0.03
    ),
    "hydride_cation": Rule(
        "[C+:1].[H:2][C:3][*:4]>>[C+0:1][H:2].[C+:3][*:4]", ELECTROPHILES, HYDRIDES, 0.03
    ),
    "hydride_onium": Rule(
        "[C:1]=[N+,O+,F+,Cl+:2].[H:3][C:4][N,O;+0:5]>>[H:3][C:1][*+0:2].[C:4]=[*+:5]",
        ELECTROPHILES,
        HYDRIDES,
        0.05,
    ),
    "sn2_cation": Rule(
        "[N,O,F,Cl;+0:1].[C;X4:2][N+,O+,F+,Cl+,Br+:3]>>[*+:1][C:2].[*+0:3]", NEUTRAL, LEAVING, 0.08
    ),
    "cation_alkene": Rule("[C:1]=[C:2].[C+:3]>>[C+:1][C:2][C:3]", ALKENES, ELECTROPHILES, 0.03),
    "mannich": Rule(
        "[C:1]=[C:2].[C:3]=[N+,O+:4]>>[C+:1][C:2][C:3][*+0:4]", ALKENES, ELECTROPHILES, 0.03
    ),
    "onium": Rule(
        "[N,O,F,Cl;+0:1].[C:3]=[N+,O+:4]>>[*+:1][C:3][*+0:4]", NEUTRAL, ELECTROPHILES, 0.03
    ),
}
OF_ONE = {
    "hydride_shift": ("[H:1][C:2][C+:3]>>[C+:2][C+0:3][H:1]", SHIFTING),
    "methyl_shift": ("[CX4:1][C:2][C+:3]>>[C+:2][C+0:3][C:1]", SHIFTING),
    "epoxide": (
        "[O-:1][C:2][C:3][F,Cl,Br:4]>>[O+0:1]1[C:2][C:3]1.[*-:4]",
        "[O-]CCCl [O-]CCF [O-]CCBr [O-]C(C)CCl [O-]CC(C)Cl CC([O-])CF",
    ),
    "retro_aldol": (
        "[O-:1][C:2][C:3]>>[O+0:1]=[C:2].[C-:3]",
        "[O-]CCC=O [O-]CCC#N [O-]CC[N+](=O)[O-] [O-]CC(F)(F)F [O-]CC#N [O-]CC#C CC([O-])C#N",
    ),
    "proton_shift": ("[H:1][O:2][C:3][C:4][O-:5]>>[O-:2][C:3][C:4][O+0:5][H:1]", "OCC[O-]"),
    "enol": (
        "[H:1][C:2][C:3]=[O+:4]>>[C+0:2]=[C:3][O+:4][H:1]",
        "CC=[OH+] CC(C)=[OH+] CCC=[OH+]",
    ),
    "oxetane": ("[O:1][C:2][C:3][C:5][O+:4]>>[O+:1]1[C:2][C:3][C:5]1.[O+0:4]", "OCCC[OH2+]"),
    "oxiranium": ("[O+:1]1[C:2][C:3]1>>[O+0:1][C:2][C+:3]", "[OH+]1CC1 [OH+]1CC1C [OH+]1CC1(C)C"),
}


def _atoms(smiles: str) -> int:
    return int(Chem.AddHs(Chem.MolFromSmiles(smiles)).GetNumAtoms())


def _of_pairs(rule: Rule, count: int, rng: random.Random) -> list[str]:
    """So many different reactions by one rule."""
    reaction, found = ReactionSmarts(rule.smarts), dict[str, None]()
    pairs = list(itertools.product(rule.left.split(), rule.right.split()))
    rng.shuffle(pairs)
    for pair in pairs:
        n = sum(map(_atoms, pair))
        likely = next((share for most, share in LIKELIHOODS if n <= most), 0.0)
        if len(found) >= count or rng.random() > likely:
            continue
        for smiles in _outcomes(reaction, ".".join(pair))[:PER_PAIR]:
            found[smiles] = None
            if rng.random() < ENOUGH:
                break
    return list(found)[:count]


def _outcomes(reaction: ReactionSmarts, molecules: str) -> list[str]:
    try:
        return [outcome.smiles for outcome in reaction.outcomes(molecules)]
    except UnbuildableError:  # the rule has no place in them
        return []


def drawn(count: int, seed: int) -> list[tuple[str, str]]:
    """Kind and mapped SMILES of about so many reactions of pairs, and of all those of one ion."""
    rng = random.Random(seed)
    found = [
        (kind, smiles)
        for kind, rule in RULES.items()
        for smiles in _of_pairs(rule, max(1, round(rule.share * count)), rng)
    ]
    for kind, (smarts, molecules) in OF_ONE.items():
        reaction = ReactionSmarts(smarts)
        found += [(kind, x) for ion in molecules.split() for x in _outcomes(reaction, ion)[:2]]
    rng.shuffle(found)
    return found


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=420)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    rdBase.DisableLog("rdApp.*")
    write_reactions(arguments.out, drawn(arguments.count, arguments.seed))


if __name__ == "__main__":
    main()

"""Molecules and radicals of the elementary radical reactions that are labelled."""

from typing import NamedTuple

from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

SET_ASIDE = ("C2H3", "CH5N", "C3H4O", "C2H4O")
"""Formulas: vinyl, methylamine, acrolein, acetaldehyde and oxirane."""
SET_ASIDE_OF_IONS = (*SET_ASIDE, "C2H3N", "HO2")
"""Of charged reactions; acetonitrile and hydroperoxide, too."""
SET_ASIDE_OF_SHELLS = (*SET_ASIDE, "C2H3F", "CH2O2", "HClSi", "CH3NS", "H2S2", "H2FOP", "HBF2")
"""Of closed shells; fluoroethene, formic acid and some of the heavier elements and boron, too."""


def set_aside(charge: int, multiplicity: int) -> tuple[str, ...]:
    """Formulas of the molecules with which no reaction of that state is trained."""
    if charge:
        return SET_ASIDE_OF_IONS
    return SET_ASIDE if multiplicity > 1 else SET_ASIDE_OF_SHELLS


def is_aside(smiles: str, formulas: tuple[str, ...] = SET_ASIDE) -> bool:
    """Whether a molecule of these formulas takes part, with which nothing is trained."""
    molecules = (Chem.MolFromSmiles(one) for one in smiles.replace(">>", ".").split("."))
    return any(CalcMolFormula(one) in formulas for one in molecules)


class Species(NamedTuple):
    """A SMILES and the places of the atoms that take part, counted from 0.

    For a donor the atom that gives up a hydrogen, for a radical its unpaired electron, for an
    acceptor the atom that is attacked and the one that has the electron then, for a halide
    (or peroxide) the atom that is left and the one that is taken, for a shift the radical and the
    donor, and for an opening the radical and the two ends of the bond that breaks.
    """

    smiles: str
    places: tuple[int, ...]


def _read(text: str) -> list[Species]:
    words = (line.split() for line in text.strip().splitlines())
    return [Species(smiles, tuple(map(int, places))) for smiles, *places in words]


DONORS = _read("""
C 0
CC 0
CCC 1
CCC 0
CC(C)C 1
CO 0
CO 1
CCO 1
O 0
OO 0
N 0
CN 0
CN 1
NO 0
NN 0
C=O 0
CC=O 1
CC=O 0
O=CO 1
O=CO 2
CC(C)=O 0
CC#N 0
C=C 0
C#C 0
CC=C 0
CC#C 0
[H][H] 0
Cl 0
Br 0
F 0
C#N 0
CF 0
CCl 0
C(Cl)Cl 0
C(Cl)(Cl)Cl 0
C(F)F 0
CBr 0
COC 0
COO 2
C1CC1 0
C1CO1 0
CNC 1
NC=O 1
C[N+](=O)[O-] 0
COC=O 0
N=O 0
CCCC 1
CC(C)O 1
CC(=O)OC 4
C1CCC1 0
CC=CC 0
CCOC 1
CCCl 1
CCF 1
CN(C)C 0
CC(=O)NC 4
CCC=O 1
CC(C)(C)C 0
""")
RADICALS = _read("""
[H] 0
[F] 0
[Cl] 0
[Br] 0
[OH] 0
O[O] 1
[CH3] 0
C[CH2] 1
C[CH]C 1
C[O] 1
[NH2] 0
C[NH] 1
[CH]=O 0
C=[CH] 1
O[CH2] 1
CO[O] 2
[C](F)(F)F 0
[C](Cl)(Cl)Cl 0
F[CH2] 1
Cl[CH2] 1
C=C[CH2] 2
[C]#N 0
N#C[CH2] 2
C[C]=O 1
C[C](C)C 1
CC[CH2] 2
CC[O] 2
[CH2]C=O 0
CO[CH2] 2
C[CH]O 1
CC(C)(C)[O] 4
CCO[O] 3
C[N]C 1
""")
ACCEPTORS = _read("""
C=C 0 1
C#C 0 1
CC=C 2 1
CC=C 1 2
C=O 0 1
C=O 1 0
CC=O 1 2
C=N 0 1
C=N 1 0
C#N 0 1
C#N 1 0
C=CC=C 0 1
C=CC=O 0 1
C=CC#N 0 1
C=CF 0 1
C=CCl 0 1
C=CF 1 0
C=C=O 0 1
C=C=C 1 0
CC(C)=C 3 1
C=CO 0 1
C=CN 0 1
CC#C 2 1
CC#N 1 2
N=N 0 1
N=O 0 1
N=C=O 1 2
O=CO 1 0
O=C=O 1 0
""")
HALIDES = _read("""
CF 0 1
CCl 0 1
CBr 0 1
ClCl 0 1
FF 0 1
ClF 0 1
FCl 0 1
CCCl 1 2
CCBr 1 2
C(Cl)(Cl)(Cl)Cl 0 1
C(Cl)(Cl)Cl 0 1
OCl 0 1
NCl 0 1
OO 0 1
COOC 1 2
OF 0 1
BrBr 0 1
""")
SHIFTS = _read("""
C[CH2] 1 0
CC[CH2] 2 0
CCC[CH2] 3 0
CC[O] 2 0
CCC[O] 3 0
CCO[O] 3 0
CCCO[O] 4 0
CO[O] 2 0
C[O] 1 0
OC[CH2] 2 0
OC[CH2] 2 1
NC[CH2] 2 0
OCC[O] 3 0
OCC[CH2] 3 0
O=CC[CH2] 3 1
C=C[CH2] 2 0
CC=[CH] 2 0
OOC[CH2] 3 0
CC(=O)[O] 3 0
O=C[O] 2 1
CC(C)[O] 3 1
CC(=O)C[CH2] 4 0
C[NH] 1 0
CC[NH] 2 0
OO[CH2] 2 0
FC[CH2] 2 1
ClC[CH2] 2 1
CCCC[CH2] 4 0
CCCC[CH2] 4 1
C[C]=O 1 0
CCC[CH]C 3 0
O=CCC[CH2] 4 1
CC=C[CH2] 3 0
OC=[CH] 2 0
CC[C]=O 2 0
CC[C]=O 2 1
CCCC[O] 4 0
CCCCO[O] 5 0
CC(C)CO[O] 5 0
O=CCCO[O] 5 1
CCC(=O)[O] 4 0
CC(Cl)C[CH2] 4 0
CCOC[CH2] 4 0
""")
OPENINGS = _read("""
[CH2]C1CC1 0 1 2
[CH2]C1CCC1 0 1 2
[CH]1CC1 0 1 2
[CH2]C1CO1 0 1 3
[CH2]C1CO1 0 1 2
[O]C1CC1 0 1 2
[CH]1CO1 0 2 1
[CH2]CC 0 1 2
[CH2]CCC 0 1 2
C[CH]CC 1 2 3
CC[O] 2 1 0
CCC[O] 3 2 1
CC(C)[O] 3 1 0
[O]CO 0 1 2
CC(=O)[O] 3 1 0
COC[O] 3 2 1
[CH2]CO 0 1 2
[CH2]CN 0 1 2
[CH2]COO 0 1 2
[CH2]OC 0 1 2
O=C[O] 2 1 0
[CH2]CC=O 0 1 2
CC(C)(C)[O] 4 1 0
[CH2]CCl 0 1 2
[CH2]CF 0 1 2
[CH2]CBr 0 1 2
CO[CH]C 2 1 0
[CH2]C(F)(F)F 0 1 2
N[CH]CC 1 2 3
[CH2]C1CN1 0 1 3
[NH]C1CC1 0 1 2
[O]OCC 0 1 2
[CH2]OO 0 1 2
[CH]1CCCC1 0 1 2
[CH2]C1CCC1C 0 1 4
CC(C)(C[O])C 4 3 1
CCC(C)[O] 4 2 1
[CH2]CC(C)C 0 1 2
C[CH]CC=C 1 2 3
CC(C)C([O])C 4 3 1
[CH2]C(=O)OC 0 1 3
""")

"""The chemical elements, H to Cm: symbols, radii, electronegativities, places in the table."""

import numpy as np

_NAMES = """
    H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se
    Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy
    Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm
"""

# Index 0 is no element, so that SYMBOLS[Z] reads naturally.
SYMBOLS: tuple[str, ...] = ("X", *_NAMES.split())

NUMBER_OF_SYMBOL: dict[str, int] = {symbol: z for z, symbol in enumerate(SYMBOLS) if z}

# Cordero et al., Dalton Trans. 2008, 2832; carbon sp3, Mn, Fe and Co low spin.
# fmt: off
COVALENT_RADII: np.ndarray = np.array([
    0.00,
    0.31, 0.28, 1.28, 0.96, 0.84, 0.76, 0.71, 0.66, 0.57, 0.58, 1.66, 1.41, 1.21, 1.11, 1.07,
    1.05, 1.02, 1.06, 2.03, 1.76, 1.70, 1.60, 1.53, 1.39, 1.39, 1.32, 1.26, 1.24, 1.32, 1.22,
    1.22, 1.20, 1.19, 1.20, 1.20, 1.16, 2.20, 1.95, 1.90, 1.75, 1.64, 1.54, 1.47, 1.46, 1.42,
    1.39, 1.45, 1.44, 1.42, 1.39, 1.39, 1.38, 1.39, 1.40, 2.44, 2.15, 2.07, 2.04, 2.03, 2.01,
    1.99, 1.98, 1.98, 1.96, 1.94, 1.92, 1.92, 1.89, 1.90, 1.87, 1.87, 1.75, 1.70, 1.62, 1.51,
    1.44, 1.41, 1.36, 1.36, 1.32, 1.45, 1.46, 1.48, 1.40, 1.50, 1.50, 2.60, 2.21, 2.15, 2.06,
    2.00, 1.96, 1.90, 1.87, 1.80, 1.69,
])
# fmt: on
"""(97,) float64, Angstrom, indexed by atomic number."""

HEAVIEST = 86
"""Radon, the last element that GFN2-xTB has parameters for."""

# Pauling's scale; of noble gases without a compound Allen's (J. Am. Chem. Soc. 1989, 111, 9003),
# and of elements that have none (Pm, Eu, Tb, Yb and those after U) that of their neighbours.
# fmt: off
ELECTRONEGATIVITY: np.ndarray = np.array([
    0.00,
    2.20, 4.16, 0.98, 1.57, 2.04, 2.55, 3.04, 3.44, 3.98, 4.79, 0.93, 1.31, 1.61, 1.90, 2.19,
    2.58, 3.16, 3.24, 0.82, 1.00, 1.36, 1.54, 1.63, 1.66, 1.55, 1.83, 1.88, 1.91, 1.90, 1.65,
    1.81, 2.01, 2.18, 2.55, 2.96, 3.00, 0.82, 0.95, 1.22, 1.33, 1.60, 2.16, 2.10, 2.20, 2.28,
    2.20, 1.93, 1.69, 1.78, 1.96, 2.05, 2.10, 2.66, 2.60, 0.79, 0.89, 1.10, 1.12, 1.13, 1.14,
    1.15, 1.17, 1.18, 1.20, 1.21, 1.22, 1.23, 1.24, 1.25, 1.26, 1.00, 1.30, 1.50, 1.70, 1.90,
    2.20, 2.20, 2.20, 2.40, 1.90, 1.80, 1.80, 1.90, 2.00, 2.20, 2.60, 0.70, 0.90, 1.10, 1.30,
    1.50, 1.70, 1.30, 1.30, 1.30, 1.30,
])
# fmt: on
"""(97,) float64, indexed by atomic number."""

_NOBLE = (0, 2, 10, 18, 36, 54, 86, 118)


def place_in_table(number: int) -> tuple[int, int]:
    """Period, and group from 1 to 18, of an element; group 0 for the lanthanides and actinides."""
    period = next(p for p, last in enumerate(_NOBLE) if number <= last)
    after, before = number - _NOBLE[period - 1], _NOBLE[period] - number
    if after <= (1 if period == 1 else 2):
        return period, after
    if before < 16:
        return period, 18 - before
    return period, 3 if after == 3 else 0

"""Implicit solvents of ALPB (Ehlert et al., J. Chem. Theory Comput. 2021, 17, 4250).

Of the xTB programs tblite has ALPB; `xtb` as a Python package has the older GBSA alone, whose
numbers are not comparable, so in a solvent everything is computed by tblite.
"""

import re
from difflib import get_close_matches

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "acetone": (),
    "acetonitrile": ("ch3cn", "mecn"),
    "aniline": (),
    "benzaldehyde": (),
    "benzene": (),
    "ch2cl2": ("dichloromethane", "dcm"),
    "chcl3": ("chloroform",),
    "cs2": ("carbondisulfide",),
    "dioxane": (),
    "dmf": ("dimethylformamide",),
    "dmso": ("dimethylsulfoxide",),
    "ethanol": ("etoh",),
    "ether": ("diethylether", "et2o"),
    "ethylacetate": ("etoac",),
    "furane": ("furan",),
    "hexadecane": (),
    "hexane": ("nhexane",),
    "methanol": ("meoh",),
    "nitromethane": (),
    "octanol": (),
    "phenol": (),
    "thf": ("tetrahydrofuran",),
    "toluene": (),
    "water": ("h2o",),
    "woctanol": (),
}
"""Of each solvent that has parameters for GFN2-xTB and GFN1-xTB, under its name in tblite."""

_BY_NAME = {name: own for own, others in OTHER_NAMES.items() for name in (own, *others)}


def known_solvent(name: str) -> str:
    """The name that a solvent has in results, whichever of its names is given.

    Raises:
        ValueError: There are no parameters for it.
    """
    plain = re.sub(r"[\s_-]", "", name.lower())
    if plain in _BY_NAME:
        return _BY_NAME[plain]
    near = get_close_matches(plain, _BY_NAME)
    guess = f"; did you mean {' or '.join(near)}?" if near else ";"
    raise ValueError(f"unknown solvent {name!r}{guess} known are {', '.join(OTHER_NAMES)}")


def in_solvent(level: str, solvent: str | None) -> str:
    """How results name a level of theory in a solvent, None for the gas phase."""
    return level if solvent is None else f"{level}(ALPB {solvent})"


def plus_solvation(level: str, solvent: str | None) -> str:
    """How results name the level of a gas phase to which the solvation of ALPB was added."""
    return level if solvent is None else f"{level} + ALPB {solvent}"


def without_solvent(text: str) -> tuple[str, str | None]:
    """The level and the solvent that `in_solvent` has put together."""
    found = re.fullmatch(r"(.+)\(ALPB (\w+)\)", text)
    return (found[1], found[2]) if found else (text, None)

"""Does textbook chemistry end right, or with a warning, but never wrong with confidence?

    python bench/textbook.py

Screens reactions whose answer stands in every textbook, and says of each what must come out and
what did. Ends with 1 where one of them came out otherwise.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

import tscreen
from tscreen.schemas import columns as c
from tscreen.schemas.caution import Caution

EXAMPLES = Path(__file__).parent.parent / "examples"
BACK_SIDE_DEGREES = 150  # between entering group, centre and leaving group; the front side has 80
FORMAMIDINE_KCAL_MOL = 20  # Gibbs; the wrong isomer of formamidine has 30, the right one 15
Row = dict[str, Any]
Check = tuple[str, bool]
"""What came out, and whether that is right."""

SN2 = {  # the first three atoms are entering group, centre and leaving group
    "Cl- + CH3Br": "[Cl-:1].[CH3:2][Br:3]>>[Cl:1][CH3:2].[Br-:3]",
    "Cl- + CH3Cl": "[Cl-:1].[CH3:2][Cl:3]>>[Cl:1][CH3:2].[Cl-:3]",
    "OH- + CH3F": "[OH-:1].[CH3:2][F:3]>>[OH:1][CH3:2].[F-:3]",
    "Menshutkin": "[NH3:1].[CH3:2][Cl:3]>>[NH3+:1][CH3:2].[Cl-:3]",
}
CARBENE = (  # 1,2-shift of hydrogen in an N-heterocyclic carbene
    "[C:1]1[N:2]([H:6])[CH:3]=[CH:4][NH:5]1>>[C:1]1([H:6])=[N:2][CH:3]=[CH:4][NH:5]1"
)


class Case(NamedTuple):
    """A reaction and what must come of it."""

    reaction: tscreen.Reaction
    expected: str
    check: Callable[[Row], Check]


def back_side(row: Row) -> Check:
    """Whether a verified saddle point has entering and leaving group on opposite sides."""
    x = np.array(row[c.TS_POSITIONS], float).reshape(-1, 3)[:3]
    entering, leaving = x[0] - x[1], x[2] - x[1]
    cosine = entering @ leaving / np.linalg.norm(entering) / np.linalg.norm(leaving)
    angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    barrier = row[c.BARRIER]
    rate = row[c.RATE_CONSTANT]
    text = f"{row[c.STATUS]}, {angle:.0f} degrees, {barrier:.1f} kcal/mol, rate {rate}"
    return text, bool(row[c.VERIFIED]) and angle > BACK_SIDE_DEGREES


def warns(code: str) -> Callable[[Row], Check]:
    """A check that a row has a warning and, as it is doubtful, no rate constant."""

    def check(row: Row) -> Check:
        warnings = row[c.WARNINGS]
        return f"{row[c.STATUS]}, {', '.join(warnings)}", (
            code in warnings and row[c.RATE_CONSTANT] is None
        )

    return check


def singlet(row: Row) -> Check:
    """Whether every molecule of the carbene's reaction is a singlet."""
    states = [*(row[c.REACTANT_STATES] or ()), *(row[c.PRODUCT_STATES] or ())]
    text = f"{row[c.STATUS]}, multiplicity {row[c.MULTIPLICITY]}"
    return text, row[c.MULTIPLICITY] == 1 and all(spin == 1 for _, spin in states)


def known_or_flagged(row: Row) -> Check:
    """Whether an ion's or radical's row is verified or says that nothing is known of it."""
    text = f"{row[c.STATUS]}, p_good {row[c.P_GOOD]:.2f}, {', '.join(row[c.WARNINGS])}"
    sure = row[c.P_GOOD] > 0.5 and not row[c.VERIFIED]
    return text, not sure and bool(row[c.VERIFIED] or row[c.WARNINGS])


def with_product(name: str, given: tscreen.Reaction, order: list[int]) -> tscreen.Reaction:
    """A reaction without what vouches for its map, the atoms of its product in another order."""
    positions, fragments = given.product_positions[order], given.product_fragments[order]
    return replace(
        given, reaction_id=name, product_positions=positions, product_fragments=fragments
    )


def cases() -> list[Case]:
    """All reactions that `predict` screens at once."""
    of = tscreen.Reaction.from_smiles
    far = "the back side"
    found = [Case(of(smiles, reaction_id=name), far, back_side) for name, smiles in SN2.items()]
    opening = of("[CH2:1]1[CH2:2][CH:3]=[CH:4]1>>[CH2:1]=[CH:4][CH:3]=[CH2:2]")
    whole = list(range(len(opening.atomic_numbers)))
    one, other = 0, 2  # carbons: of CH2 and of CH
    swapped = [other if i == one else one if i == other else i for i in whole]
    nothing = replace(
        opening,
        reaction_id="reactant = product",
        product_positions=opening.reactant_positions,
        product_fragments=opening.reactant_fragments,
    )
    exchanged = with_product("carbons exchanged", opening, swapped)
    ammonium = of("[NH3+:1][H:2]>>[NH3:1].[H+:2]", reaction_id="NH4+ falls apart")
    return [
        *found,
        Case(nothing, "a warning", warns(Caution.EQUAL_SIDES)),
        Case(exchanged, "a warning", warns(Caution.ATOMS_REORDERED)),
        Case(ammonium, "a flag", known_or_flagged),
        Case(of(CARBENE, reaction_id="carbene"), "singlets", singlet),
        *[
            Case(
                of(row["smiles"], reaction_id=row["reaction_id"]),
                "verified or a flag",
                known_or_flagged,
            )
            for row in pl.read_csv(EXAMPLES / "ions_and_radicals.csv").iter_rows(named=True)
        ],
    ]


def screened(given: list[Case], title: str, **settings: Any) -> Iterator[tuple[str, str, Check]]:
    """Each reaction's name, what is expected of it and what came out."""
    tables = tscreen.predict([case.reaction for case in given], **settings)
    results = {row[c.REACTION_ID]: row for row in tables.results.iter_rows(named=True)}
    rejects = {row[c.REACTION_ID]: row["code"] for row in tables.rejects.iter_rows(named=True)}
    for case in given:
        name = case.reaction.reaction_id
        check = case.check(results[name]) if name in results else (rejects[name], False)
        yield f"{name}{title}", case.expected, check


def formamidine() -> tuple[str, str, Check]:
    """Keto-enol shift over formamidine: ranked by the isomer whose lone pair takes the hydrogen."""
    with TemporaryDirectory() as folder:
        built, out = Path(folder) / "built.parquet", Path(folder) / "out"
        tscreen.sweep(EXAMPLES / "keto_enol.yaml", built)
        rows = pl.col("catalyst") == "formamidine"
        pl.read_parquet(built).filter(rows & (pl.col("R") == "hydrogen")).write_parquet(built)
        tscreen.run(built, out, engine="local")
        results = tscreen.read(out).results.collect()
    barriers = results[c.GIBBS_BARRIER].to_list()
    text = ", ".join(f"{barrier:.1f}" for barrier in barriers if barrier is not None)
    right = len(barriers) > 1 and min(x for x in barriers if x is not None) < FORMAMIDINE_KCAL_MOL
    return "formamidine", "an isomer below 20 kcal/mol", (text, right)


def main() -> None:
    """Screen, compare and print."""
    given = cases()
    found = [
        *screened(given, ""),
        *screened(given[: len(SN2)], ", doubted", min_p_good=0.9, seed=3),
    ]
    found.append(formamidine())
    table = Table("reaction", "must be", "came out", "")
    for name, expected, (text, right) in found:
        table.add_row(name, expected, Text(text), "" if right else "WRONG")
    Console(width=120).print(table)
    n_wrong = sum(not right for _, _, (_, right) in found)
    print(f"{len(found) - n_wrong} of {len(found)} are right")
    sys.exit(int(n_wrong > 0))


if __name__ == "__main__":
    main()

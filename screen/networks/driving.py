"""Possible steps that no search has joined directly, driven to what lies beside them."""

from collections.abc import Mapping

from tscreen.actors.exploring.stage import DriveStage
from tscreen.schemas import columns as c
from tscreen.screen.engine.progress import Show
from tscreen.screen.networks.found import Cells, as_input, ends_of_driven
from tscreen.screen.networks.kept import computed
from tscreen.screen.storage.location import Location

ATTEMPTS = ("driven", "driven-again")
"""Each from the reactant shaken differently."""


def driven_ends(
    rows: list[Cells],
    attempt: int,
    stage: DriveStage,
    folder: Location,
    known: Mapping[str, int],
    show: Show,
    address: str | None,
) -> list[Cells]:
    """Reactions between the ends of the saddle points beside some reactions, to be verified.

    Args:
        rows: the reactions, with structures.
        attempt: number of it, from 0.
        stage: that drives them.
        folder: where what came of it is kept.
        known: generations of the molecules that are known.
        show: how progress is shown.
        address: of a Ray cluster, None for this machine.

    Raises:
        BrokenOffError: a worker failed for a reason that lies in no row.
    """
    if not rows:
        return []
    rows = [row | {c.SEED: len(ATTEMPTS) * row[c.SEED] + attempt} for row in rows]
    found = computed(as_input(rows, c.SEED), stage, folder, show, address)
    return [
        end
        for row in rows
        for end in ends_of_driven(row, found[row[c.REACTION_ID]], known, ATTEMPTS[attempt])
    ]

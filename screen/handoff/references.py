"""What was absorbed into a run, as reference reactions to train on."""

import polars as pl

from tscreen.schemas import columns as c
from tscreen.screen.dataset.output import read_results
from tscreen.screen.dataset.quantum import quantum_of
from tscreen.screen.errors import UsageError
from tscreen.screen.storage.location import Location, LocationLike

ELECTRONIC = ", electronic"
"""After the level of theory of a barrier without zero-point energy."""


def references_of(out: LocationLike) -> pl.DataFrame:
    """The reactions of a run whose TS was absorbed, with that TS and its electronic barrier.

    Raises:
        UsageError: the folder holds no run, or nothing was absorbed into it.
    """
    location = Location.at(out)
    results = read_results(location)
    absorbed = quantum_of(location)
    if absorbed is None:
        raise UsageError(
            f"nothing was absorbed into '{out}', so it has no transition states to train on; "
            "hand reactions over by 'tscreen handoff', and absorb what comes back"
        )
    known = results.collect_schema().names()
    references = pl.DataFrame(absorbed).select(
        c.REACTION_ID,
        pl.col(c.TS_POSITIONS_QC).alias(c.TS_POSITIONS),
        pl.col(c.BARRIER_QC).alias(c.BARRIER),
        (pl.col(c.QC_LEVEL) + ELECTRONIC).alias(c.BARRIER_LEVEL),
    )
    reactions = results.select([name for name in (*c.REQUIRED, *c.STATES) if name in known])
    joined = reactions.join(references.lazy(), on=c.REACTION_ID, maintain_order="left")
    return joined.collect()

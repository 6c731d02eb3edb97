"""Rank the candidates of a sweep by what a run has found."""

from collections import Counter
from dataclasses import dataclass

import polars as pl

from tscreen.schemas import columns as c
from tscreen.schemas.status import Status
from tscreen.schemas.tables import TYPES
from tscreen.screen.analysis.chances import INTERVAL, chances
from tscreen.screen.analysis.estimates import (
    HIGH,
    LEVEL,
    LOW,
    VALUE,
    common_level,
    measure_of,
    with_estimates,
)
from tscreen.screen.analysis.measures import By
from tscreen.screen.analysis.trust import CODES, FAILED, FLAGGED, SUBMERGED, doubt
from tscreen.screen.analysis.trust import NEEDED as FOR_TRUST
from tscreen.screen.dataset.output import read_rejects, read_results
from tscreen.screen.errors import UsageError
from tscreen.screen.storage.location import LocationLike

DOUBTFUL = 0.5
"""Generated structures whose `p_good` is lower get a note."""

ABSENT = {
    By.BARRIER: "no barrier",
    By.GIBBS: "no Gibbs barrier: it has no saddle point",
    By.RATE: "no predicted barrier",
}
"""Why a row that did not fail has no value."""

RANK, LOWERING, LOWERING_LOW, LOWERING_HIGH = "rank", "lowering", "lowering_low", "lowering_high"
P_TOP_K, N_REACTIONS, NOTE = "p_top_k", "n_reactions", "note"
COLUMNS = {
    RANK: pl.Int64,
    c.CANDIDATE: pl.String,
    VALUE: pl.Float64,
    LOW: pl.Float64,
    HIGH: pl.Float64,
    LOWERING: pl.Float64,
    LOWERING_LOW: pl.Float64,
    LOWERING_HIGH: pl.Float64,
    P_TOP_K: pl.Float64,
    N_REACTIONS: pl.Int64,
    LEVEL: pl.String,
    NOTE: pl.String,
}
IS_RANKED, IS_FLAGGED, LEFT_OUT = "is_ranked", "is_flagged", "left_out"  # working columns
STANDARD = "standard_"  # begins the names of columns that tell of a row's reference
RANKED = pl.col(IS_RANKED)
IN_DOUBT = doubt(pl.col(IS_FLAGGED))
NEEDED = (
    c.REACTION_ID,
    *FOR_TRUST,
    c.ERROR_CODE,
    c.P_GOOD,
    c.BARRIER,
    c.ENERGY_LEVEL,
    c.ENTHALPY_BARRIER,
    c.GIBBS_BARRIER,
    *c.PREDICTED,
)


@dataclass(frozen=True)
class Ranking:
    """The candidates of one template, the best first.

    Attributes:
        template: its name.
        by: what they are ranked by.
        left_out: how many candidates have no rank, by the reason.
        table: one row for each candidate.
            `rank`: null where the candidate cannot be compared with the others; `note` says why.
            Verified candidates come before those that nobody has checked, flagged ones last.
            `value`, `low`, `high`: a barrier in kcal/mol, or the decadic logarithm of the rate
            constant in 1/s, with its 90 % interval; the interval is null where nobody knows the
            error, as for energies of GFN2-xTB alone.
            `lowering`, `lowering_low`, `lowering_high`: by how much the barrier is lower than that
            of the reference, or by how many orders of magnitude the rate constant is higher; the
            interval takes the two errors for independent.
            `p_top_k`: probability of being among the `top_k` best of those without warnings.
            `n_reactions`: how many reactions of the run the candidate stands for; several where
            isomers were tried, of which the note names the best.
            `level`: level of theory of the value.
            `note`: what a reader must know before trusting the row, else empty.
    """

    template: str
    by: By
    left_out: dict[str, int]
    table: pl.DataFrame


def rank(out: LocationLike, by: str | None, against: str | None, top_k: int) -> list[Ranking]:
    """Rank the candidates of every template by what a run over a sweep has found.

    Args:
        out: folder of the run.
        by: "barrier", "gibbs" or "rate"; None for "gibbs" in templates where more than half of the
            rows that did not fail have a Gibbs barrier, and "barrier" in others.
        against: reference of the lowering: what stands in one of the slots, such as a catalyst or
            the uncatalysed reaction, or SLOT=NAME; each candidate is compared with the one that
            differs from it in this slot alone.
        top_k: how many are the best, for `p_top_k`.

    Returns:
        One ranking for each template, by name.

    Raises:
        UsageError: the folder holds no results of a sweep, or no such reference.
    """
    if by is not None and by not in list(By):
        raise UsageError(f"candidates are ranked by {', '.join(By)}, not by '{by}'")
    rows, slots = _swept(out)
    slot, name = _reference(rows, slots, against) if against else (None, None)
    rejects = read_rejects(out).select(c.REACTION_ID, c.CODE).collect()
    rankings = []
    for (template,), members in rows.group_by(c.TEMPLATE, maintain_order=True):
        measure = By(by) if by else measure_of(members)
        found = _scored(with_estimates(members, measure), measure)
        if slot and name:
            found = _compared(found, [s for s in slots if s != slot], slot, name, measure)
        found = _best_of_each(found, measure)
        ranked = _ranked(found, measure, top_k)
        table = _with_rejects(ranked, rejects, str(template), len(slots))
        rankings.append(Ranking(str(template), measure, _left_out(found, table), table))
    return rankings


def _left_out(candidates: pl.DataFrame, table: pl.DataFrame) -> dict[str, int]:
    """How many candidates have no rank, by the reason; those of the table alone were rejected."""
    reasons = Counter(candidates.filter(~RANKED)[LEFT_OUT])
    reasons += Counter(rejected=len(table) - len(candidates))
    return dict(reasons.most_common())


def _swept(out: LocationLike) -> tuple[pl.DataFrame, list[str]]:
    """The results that come from a sweep, by template, and the columns of its slots."""
    rows = read_results(out)
    schema = rows.collect_schema()
    missing = [name for name in (c.TEMPLATE, c.CANDIDATE) if name not in schema]
    if missing:
        raise UsageError(
            f"the results in '{out}' have no column '{missing[0]}'; rank the run of a table that "
            "`tscreen sweep` wrote"
        )
    tags = [name for name, kind in schema.items() if name not in TYPES and kind == pl.String]
    slots = [name for name in tags if name not in (c.TEMPLATE, c.CANDIDATE, c.ISOMER)]
    if c.ISOMER not in schema:
        rows = rows.with_columns(pl.lit(None, pl.String).alias(c.ISOMER))
    rows = rows.select(*NEEDED, c.TEMPLATE, c.CANDIDATE, c.ISOMER, *slots)
    rows = rows.drop_nulls([c.TEMPLATE, c.CANDIDATE]).sort(c.TEMPLATE, c.REACTION_ID)
    return rows.collect(), slots


def _reference(rows: pl.DataFrame, slots: list[str], against: str) -> tuple[str, str]:
    """The slot and the name in it that are meant.

    Raises:
        UsageError: no slot has it, or several have.
    """
    slot, _, name = against.partition("=")
    if slot in slots and name in rows[slot]:
        return slot, name
    found = [slot for slot in slots if against in rows[slot]]
    if len(found) > 1:
        options = ", ".join(f"'{slot}={against}'" for slot in found)
        raise UsageError(f"'{against}' stands in several slots; choose from {options}")
    if not found:
        there = "; ".join(f"{s}: {', '.join(rows[s].drop_nulls().unique().sort())}" for s in slots)
        raise UsageError(f"no result has '{against}' in a slot; choose from {there or 'none'}")
    return found[0], against


def _scored(rows: pl.DataFrame, by: By) -> pl.DataFrame:
    """Which rows can be ranked, and what to say of each."""
    level = common_level(rows)
    absent, elsewhere = pl.col(VALUE).is_null(), pl.col(LEVEL) != pl.lit(level, pl.String)
    generated = pl.col(c.STATUS) == Status.GENERATED
    notes = [
        CODES,
        pl.when(FAILED).then("failed: " + pl.col(c.ERROR_CODE).fill_null("no code")),
        pl.when(absent & ~FAILED).then(pl.lit(ABSENT[by])),
        pl.when(~absent & elsewhere).then(pl.lit("not compared: another level of theory")),
        pl.when(~absent & pl.col(LOW).is_null()).then(pl.lit("no interval: error unknown")),
        pl.when(generated & (pl.col(c.P_GOOD) < DOUBTFUL)).then(
            "doubtful TS: p_good " + pl.col(c.P_GOOD).round(2).cast(pl.String)
        ),
    ]
    left_out = (
        pl.when(FAILED)
        .then(pl.lit("failed"))
        .when(absent)
        .then(pl.lit(ABSENT[by]))
        .when(elsewhere)
        .then(pl.lit("at another level of theory"))
    )
    return rows.with_columns(
        left_out.alias(LEFT_OUT),
        left_out.is_null().alias(IS_RANKED),
        (FLAGGED & ~SUBMERGED if by is By.GIBBS else FLAGGED).alias(IS_FLAGGED),
        pl.concat_str(notes, separator="; ", ignore_nulls=True).alias(NOTE),
        *(pl.lit(None, pl.Float64).alias(n) for n in (LOWERING, LOWERING_LOW, LOWERING_HIGH)),
    )


def _compared(rows: pl.DataFrame, others: list[str], slot: str, name: str, by: By) -> pl.DataFrame:
    """The rows with how much better they are than the reference with the same in `others`."""
    alike = [c.TEMPLATE, *others]
    standards = rows.filter((pl.col(slot) == name) & RANKED).sort(IN_DOUBT, _worse(by))
    standards = standards.unique(alike, keep="first", maintain_order=True).select(
        *alike, pl.col(c.REACTION_ID, VALUE, LOW, HIGH).name.prefix(STANDARD)
    )
    found = rows.join(standards, on=alike, how="left", nulls_equal=True, maintain_order="left")
    standard = pl.col(STANDARD + c.REACTION_ID)
    itself = RANKED & (pl.col(c.REACTION_ID) == standard).fill_null(value=False)
    zero = pl.when(itself).then(0.0)
    sign = 1.0 if by is By.RATE else -1.0
    lowering = pl.when(RANKED).then(sign * (pl.col(VALUE) - pl.col(STANDARD + VALUE)))
    margin = (_half_width("") ** 2 + _half_width(STANDARD) ** 2).sqrt()
    said = (
        pl.when(itself)
        .then(pl.lit("reference"))
        .when(RANKED & standard.is_null())
        .then(pl.lit("no lowering: its reference is not ranked"))
    )
    noted = pl.when(pl.col(NOTE) != "").then(pl.col(NOTE))
    return found.with_columns(
        zero.otherwise(lowering).alias(LOWERING),
        zero.otherwise(lowering - margin).alias(LOWERING_LOW),
        zero.otherwise(lowering + margin).alias(LOWERING_HIGH),
        pl.concat_str(noted, said, separator="; ", ignore_nulls=True).alias(NOTE),
    ).select(rows.columns)


def _half_width(whose: str) -> pl.Expr:
    return (pl.col(whose + HIGH) - pl.col(whose + LOW)) / 2


def _worse(by: By) -> pl.Expr:
    """Grows the worse a candidate is."""
    return -pl.col(VALUE) if by is By.RATE else pl.col(VALUE)


def _best_of_each(rows: pl.DataFrame, by: By) -> pl.DataFrame:
    """One row for each candidate: the reaction by which it would go."""
    count = pl.len().over(c.CANDIDATE)
    tried = pl.when(count > 1).then(pl.format("best of {} reactions", count))
    isomer = pl.col(c.ISOMER).is_not_null() & (count > 1)
    note = (
        pl.when(isomer)
        .then(pl.format("isomer {}; best of {} tried", c.ISOMER, count))
        .otherwise(tried)
    )
    said = pl.when(pl.col(NOTE) != "").then(pl.col(NOTE))
    rows = rows.with_columns(
        count.cast(pl.Int64).alias(N_REACTIONS),
        pl.concat_str(note, said, separator="; ", ignore_nulls=True).alias(NOTE),
    )
    rows = rows.sort(~RANKED, IN_DOUBT, _worse(by), c.CANDIDATE, nulls_last=True)
    return rows.unique(c.CANDIDATE, keep="first", maintain_order=True)


def _ranked(rows: pl.DataFrame, by: By, top_k: int) -> pl.DataFrame:
    """The final columns of rows that are in order."""
    trusted = rows.filter(RANKED & ~pl.col(IS_FLAGGED))  # which come first
    chance = pl.lit(None, pl.Float64)
    if trusted.height and not trusted[LOW].has_nulls():  # else nobody can tell
        spreads = (trusted[HIGH] - trusted[LOW]).to_numpy() / INTERVAL
        found = chances(trusted.select(_worse(by)).to_series().to_numpy(), spreads, top_k)
        chance = pl.lit(pl.Series([*found, *[None] * (rows.height - trusted.height)]))
    return rows.with_columns(
        pl.when(RANKED).then(pl.int_range(1, pl.len() + 1)).alias(RANK), chance.alias(P_TOP_K)
    ).select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())


def _with_rejects(
    table: pl.DataFrame, rejects: pl.DataFrame, template: str, n_slots: int
) -> pl.DataFrame:
    """The table with the candidates that a run turned away in all their isomers, last.

    Their tags are lost, but a sweep puts the template, what stands in the slots, and the isomer
    into the id.
    """
    start = f"{template}/"
    parts = pl.col(c.REACTION_ID).str.strip_prefix(start).str.split("/")
    lost = rejects.filter(pl.col(c.REACTION_ID).str.starts_with(start))
    lost = lost.group_by(parts.list.head(n_slots).list.join("/").alias(c.CANDIDATE)).agg(
        pl.len().cast(pl.Int64).alias(N_REACTIONS),
        ("rejected: " + pl.col(c.CODE).first()).alias(NOTE),
    )
    lost = lost.join(table, on=c.CANDIDATE, how="anti").sort(c.CANDIDATE)
    return pl.concat([table, lost], how="diagonal")

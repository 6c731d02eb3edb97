"""What the page shows of a run: its account, its tables, its structures."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from tscreen.schemas import columns as c
from tscreen.schemas.elements import SYMBOLS
from tscreen.schemas.tables import TYPES
from tscreen.schemas.units import KCAL_MOL
from tscreen.screen.analysis.estimates import HEADLINE, LEVEL, UNITS, VALUE
from tscreen.screen.analysis.ranking import N_REACTIONS, P_TOP_K, Ranking, rank
from tscreen.screen.analysis.trust import CODES, DOUBT
from tscreen.screen.dataset.output import plan_of, written
from tscreen.screen.dataset.run_report import RunReport
from tscreen.screen.storage.location import Location, LocationLike

EXACT_INTEGERS = 2**53
"""Larger ones are not all numbers in JavaScript."""
DIGITS = 6

LABELS = {name: (column.label, column.unit) for name, column in c.COLUMNS.items()}
"""Headings and units of all columns but the tags, which keep their names."""

TOP_K = 3
RANKING_LABELS = {
    VALUE: LABELS[c.BARRIER],
    P_TOP_K: (f"P(top {TOP_K})", ""),
    N_REACTIONS: ("reactions", ""),
    LEVEL: LABELS[c.ENERGY_LEVEL],
}


@dataclass(frozen=True)
class PageColumn:
    """One column of a table on the page; `kind` is number, bool or text."""

    name: str
    label: str
    unit: str
    kind: str
    values: list[Any]


@dataclass(frozen=True)
class Account:
    """What was run: the report of a run that has ended, else what it set out to do."""

    name: str
    ended: bool
    rows: int
    about: dict[str, Any]


@dataclass(frozen=True)
class Content:
    """Everything that the page shows.

    Attributes:
        results: of which the page shows the first ones first.
        candidates: the saddle points of reactions for which several were found, by rank.
        rankings: the candidates of each template; none where the run is not one over a sweep.
        structures: a row for each result, the cells of `tscreen.screen.report.structures.CELLS`.
    """

    account: Account
    results: list[PageColumn]
    rejects: list[PageColumn]
    candidates: list[PageColumn]
    rankings: list[Ranking]
    structures: pl.DataFrame

    def as_json(self) -> str:
        """All but the structures."""
        tables = {
            "account": asdict(self.account),
            "results": [asdict(column) for column in self.results],
            "tags": [column.name for column in self.results if column.name not in TYPES],
            "rejects": [asdict(column) for column in self.rejects],
            "candidates": [asdict(column) for column in self.candidates],
            "rankings": [
                {
                    "template": one.template,
                    "by": UNITS[one.by],
                    "left_out": one.left_out,
                    "columns": [asdict(column) for column in columns(one.table, RANKING_LABELS)],
                }
                for one in self.rankings
            ],
            "symbols": SYMBOLS,
        }
        return json.dumps(tables, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def collect(out: LocationLike, cells: tuple[str, ...]) -> Content:
    """Read a run, which may still be going.

    Args:
        out: folder of a run.
        cells: the columns that the structures are made of.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    location = Location.at(out)
    found = written(location)
    results = _ranked(found.tables.results.frame()).collect()
    return Content(
        account=_account(location, found.report),
        results=columns(results, LABELS),
        rejects=columns(found.tables.rejects.frame().collect(), LABELS),
        candidates=columns(_candidates(found.tables.candidates.frame()), LABELS),
        rankings=_rankings(out, results),
        structures=results.select(cells),
    )


def _ranked(results: pl.LazyFrame) -> pl.LazyFrame:
    """The most trusted results first, in the order of their barriers; warnings as text."""
    computed = pl.col(c.BARRIER).fill_nan(None)
    ranked = results.with_columns(HEADLINE).sort(
        DOUBT, c.BARRIER_ML, computed, c.REACTION_ID, nulls_last=True
    )
    return ranked.with_columns(CODES.alias(c.WARNINGS))


def _candidates(found: pl.LazyFrame) -> pl.DataFrame:
    """What the page says of saddle points, energies in kcal/mol above the one of the first rank."""
    energies = pl.col(c.CANDIDATE_ENERGY, c.CANDIDATE_GIBBS)
    above = (energies - energies.first().over(c.REACTION_ID)) / KCAL_MOL
    return (
        found.filter(pl.len().over(c.REACTION_ID) > 1)
        .sort(c.REACTION_ID, c.CANDIDATE_RANK)
        .select(c.REACTION_ID, above, c.BOLTZMANN_WEIGHT, c.FOUND_BY, c.CONNECTS)
        .collect()
    )


def columns(table: pl.DataFrame, labels: Mapping[str, tuple[str, str]]) -> list[PageColumn]:
    """The columns that hold one value for each row; lists, such as positions, are left out."""
    return [
        PageColumn(series.name, *labels.get(series.name, (series.name, "")), *_cells(series))
        for series in table
        if not series.dtype.is_nested()
    ]


def _cells(series: pl.Series) -> tuple[str, list[Any]]:
    """Values that JSON can hold: what is not finite becomes null."""
    if series.dtype.is_float():
        finite = series.cast(pl.Float64).round_sig_figs(DIGITS)
        return "number", finite.set(~finite.is_finite(), None).to_list()
    values = series.to_list()
    if series.dtype.is_integer() and all(abs(v) <= EXACT_INTEGERS for v in values if v is not None):
        return "number", values
    if series.dtype == pl.Boolean:
        return "bool", values
    return "text", [None if value is None else str(value) for value in values]


def _rankings(out: LocationLike, results: pl.DataFrame) -> list[Ranking]:
    if c.TEMPLATE not in results.columns or c.CANDIDATE not in results.columns:
        return []
    return rank(out, by=None, against=None, top_k=TOP_K)


def _account(out: Location, report: RunReport | None) -> Account:
    if report is not None:
        return Account(out.base, True, report.counts.rows, report.as_json())
    plan = plan_of(out)
    return Account(out.base, False, plan["rows"], plan)

"""What the page shows of a run: its account, its tables, its structures.

A page that a browser opens is bounded: of a large run it holds the first rows in the order of
`tscreen top`, the structures of fewer, the drawings and paths of fewer still, and says so.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from tscreen.schemas import columns as c
from tscreen.schemas.elements import SYMBOLS
from tscreen.schemas.tables import TYPES
from tscreen.schemas.units import KCAL_MOL
from tscreen.screen.analysis.estimates import HEADLINE, LEVEL, UNITS, VALUE
from tscreen.screen.analysis.ranking import N_REACTIONS, P_TOP_K, Ranking, rank
from tscreen.screen.analysis.top import in_order
from tscreen.screen.analysis.trust import CODES
from tscreen.screen.dataset.output import Tables, plan_of, written
from tscreen.screen.dataset.quantum import with_quantum
from tscreen.screen.dataset.run_report import RunReport
from tscreen.screen.report.details import CELLS as FOR_DETAILS
from tscreen.screen.report.details import GENERATED, SADDLES
from tscreen.screen.report.structures import CELLS as FOR_STRUCTURES
from tscreen.screen.storage.location import Location, LocationLike

MOST_ROWS = 100_000
"""In the table of results, and in that of rejects."""
MOST_STRUCTURES = 5_000
MOST_DETAILS = 1_000

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

    def as_json(self) -> dict[str, Any]:
        """For the page; values that are all the same, such as null, are told once."""
        told = {"name": self.name, "label": self.label, "unit": self.unit, "kind": self.kind}
        values = self.values
        if values and values.count(values[0]) == len(values):
            return told | {"every": values[0], "times": len(values)}
        return told | {"values": values}


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
        n_results: of the run; `results` holds the first `MOST_ROWS` at most.
        n_rejects: the same of the rejects.
        results: of which the page shows the first ones first.
        candidates: the saddle points of reactions for which several were found, by rank.
        rankings: the candidates of each template; none where the run is not one over a sweep.
        structures: a row for each of the first results, with what their structures are made of.
        details: the same of fewer, with what their details are made of.
    """

    account: Account
    n_results: int
    n_rejects: int
    results: list[PageColumn]
    rejects: list[PageColumn]
    candidates: list[PageColumn]
    rankings: list[Ranking]
    structures: pl.DataFrame
    details: pl.DataFrame

    @property
    def extent(self) -> str:
        """How much of the run the page shows, for people."""
        n_shown, n_drawn = len(self.results[0].values), len(self.structures)
        shown = f"{n_shown} reactions"
        if n_shown < self.n_results:
            shown = f"the first {n_shown} of {self.n_results} reactions"
        return shown if n_drawn == n_shown else f"{shown}, the structures of the first {n_drawn}"

    def as_json(self, details: list[dict[str, Any]]) -> str:
        """All but the structures, and the details that were made."""
        tables = {
            "account": asdict(self.account),
            "counts": {"results": self.n_results, "rejects": self.n_rejects},
            "details": details,
            "results": [column.as_json() for column in self.results],
            "tags": [column.name for column in self.results if column.name not in TYPES],
            "rejects": [column.as_json() for column in self.rejects],
            "candidates": [column.as_json() for column in self.candidates],
            "rankings": [
                {
                    "template": one.template,
                    "by": UNITS[one.by],
                    "left_out": one.left_out,
                    "columns": [column.as_json() for column in columns(one.table, RANKING_LABELS)],
                }
                for one in self.rankings
            ],
            "symbols": SYMBOLS,
        }
        return json.dumps(tables, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def collect(out: LocationLike) -> Content:
    """Read a run, which may still be going.

    Args:
        out: folder of a run.

    Raises:
        UsageError: the folder is not one that a run has written.
    """
    location = Location.at(out)
    found = written(location)
    results = with_quantum(found.tables.results.frame(), location)
    first = _first(results)
    rejects = found.tables.rejects.frame()
    structures = _of(first.head(MOST_STRUCTURES), results, FOR_STRUCTURES)
    return Content(
        account=_account(location, found.report),
        n_results=_count(results),
        n_rejects=_count(rejects),
        results=columns(first, LABELS),
        rejects=columns(rejects.head(MOST_ROWS).collect(), LABELS),
        candidates=columns(_candidates(found.tables.candidates.frame()), LABELS),
        rankings=_rankings(out, first),
        structures=structures,
        details=_detailed(first.head(MOST_DETAILS), results, found.tables),
    )


def _count(table: pl.LazyFrame) -> int:
    return int(table.select(pl.len()).collect().item())


def _first(results: pl.LazyFrame) -> pl.DataFrame:
    """Results without lists, the best first; warnings as text."""
    scalars = [n for n, kind in results.collect_schema().items() if not kind.is_nested()]
    told = results.with_columns(HEADLINE)
    ranked = in_order(told, c.BARRIER_ML).head(MOST_ROWS)
    ids = ranked.select(c.REACTION_ID).collect()  # alone, as all that is sorted lies in memory
    cells = [name for name in (*scalars, c.WARNINGS) if name != c.REACTION_ID]
    rows = _of(ids, told.with_columns(CODES.alias(c.WARNINGS)), cells)
    return rows.select(*scalars, c.WARNINGS)


def _of(first: pl.DataFrame, results: pl.LazyFrame, cells: Iterable[str]) -> pl.DataFrame:
    """Cells of some results in their order; null where the results have no such column."""
    ids = first.select(c.REACTION_ID)
    known = results.collect_schema()
    wanted = [pl.col(n) if n in known else pl.lit(None).alias(n) for n in cells]
    rows = results.filter(pl.col(c.REACTION_ID).is_in(ids[c.REACTION_ID].to_list()))
    cells_of = rows.select(c.REACTION_ID, *wanted).collect()
    return ids.join(cells_of, on=c.REACTION_ID, how="left", maintain_order="left")


def _detailed(first: pl.DataFrame, results: pl.LazyFrame, tables: Tables) -> pl.DataFrame:
    """What the details of some results are made of."""
    joined = {*c.WAY, GENERATED, SADDLES}
    rows = _of(first, results, [name for name in FOR_DETAILS if name not in joined])
    best, ids = pl.col(c.CANDIDATE_RANK) == 1, first[c.REACTION_ID].to_list()
    paths = tables.paths.frame().filter(best).select(c.REACTION_ID, *c.WAY)
    samples = (
        tables.samples.frame()
        .filter(pl.col(c.SAMPLE_RANK) == 1)
        .select(c.REACTION_ID, pl.col(c.SAMPLE_POSITIONS).alias(GENERATED))
    )
    saddles = (
        tables.candidates.frame()
        .sort(c.REACTION_ID, c.CANDIDATE_RANK)
        .group_by(c.REACTION_ID)
        .agg(pl.col(c.TS_POSITIONS).alias(SADDLES))
    )
    for other in (paths, samples, saddles):
        mine = other.filter(pl.col(c.REACTION_ID).is_in(ids)).collect()
        rows = rows.join(mine, on=c.REACTION_ID, how="left", maintain_order="left")
    return rows


def _candidates(found: pl.LazyFrame) -> pl.DataFrame:
    """What the page says of saddle points, energies in kcal/mol above the one of the first rank."""
    energies = pl.col(c.CANDIDATE_ENERGY, c.CANDIDATE_GIBBS)
    above = (energies - energies.first().over(c.REACTION_ID)) / KCAL_MOL
    return (
        found.filter(pl.len().over(c.REACTION_ID) > 1)
        .sort(c.REACTION_ID, c.CANDIDATE_RANK)
        .select(c.REACTION_ID, c.CANDIDATE_RANK, above, c.BOLTZMANN_WEIGHT, c.FOUND_BY, c.CONNECTS)
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

"""The figures of an evaluation, for a reader."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tscreen.screen.views.shown import shown, titled

if TYPE_CHECKING:
    from tscreen.model.correction.card import CorrectionCard
    from tscreen.model.evaluation.evaluation import BarrierFigures, Distribution, Evaluation
    from tscreen.model.evaluation.finished import FinishedBarriers, FinishedEvaluation
    from tscreen.model.evaluation.found import FoundOrLower
    from tscreen.model.evaluation.risk import RiskCurve

SHOWN_FRACTIONS = (0.0, 0.05, 0.1, 0.14, 0.2, 0.3, 0.5)

STANDINGS = {
    "near": "within 0.1 Å of the reference",
    "same": "elsewhere, of the same energy",
    "lower": "lower",
    "higher": "higher",
    "unknown": "none that the reference leads to",
    "unverified": "not verified",
}
"""What a `Standing` is called."""


def figures(evaluation: "Evaluation", name: str) -> Group:
    """RMSDs, certainty, risk against coverage, and barriers."""
    parts: list[Table | Text] = [
        _structures(evaluation, name),
        Text(_certainty(evaluation)),
        _risk(evaluation.risk, "mean RMSD, Å", ".3f"),
    ]
    for level, found in evaluation.barriers.items():
        parts += [
            _barriers(found, level),
            _risk(found.risk, "barrier error, kcal/mol", ".2f"),
            _risk(found.risk_by_interval, "barrier error, widest interval sent first", ".2f"),
        ]
    return Group(*parts)


def finished_figures(evaluation: "FinishedEvaluation", name: str) -> Group:
    """RMSDs and barriers of a finished run."""
    e = evaluation
    table = titled(f"{name}: {e.n} results of a run; RMSD in Å from the reference TS")
    table.add_column("transition state")
    for heading in ("mean", "median", "< 0.1 Å", "< 0.2 Å", "< 0.5 Å"):
        table.add_column(heading, justify="right")
    for heading, values in (
        ("all", e.rmsd),
        ("  saddle points that were found", e.refined),
        ("  as generated", e.others),
        ("all, permissive (permutations, mirror, cut at 1 Å)", e.permissive),
    ):
        if values is not None:
            shares = [f"{100 * share:.1f} %" for share in values.under.values()]
            table.add_row(heading, f"{values.mean:.3f}", f"{values.median:.3f}", *shares)
    status = ", ".join(f"{count} {name}" for name, count in e.status.items())
    told = (
        f"{status}; without a transition state {e.missing}; verified to join reactant and product "
        f"{100 * e.verified:.1f} %, of the least certain {100 * e.verified_least_certain:.1f} %; "
        f"mean p_good {e.p_good:.2f}, share under 0.2 Å {e.good:.2f}, expected calibration error "
        f"{_number(e.calibration_error, '.3f')} (by chance "
        f"{_number(e.calibration_error_by_chance, '.3f')})"
    )
    found = [] if e.found is None else [_found(e.found)]
    barriers = [_finished(b, level) for level, b in e.barriers.items()]
    return Group(table, shown(told), *found, *barriers)


def _found(found: "FoundOrLower") -> Table:
    table = titled(
        f"the reference's saddle point or a lower one: {found.found_or_lower:.1%}",
        f"off by more than 0.5 Å and not lower: {found.far_and_not_lower:.1%}",
    )
    table.add_column("saddle point")
    for heading in ("share", "mean RMSD, Å", "barrier error, mean", "median"):
        table.add_column(heading, justify="right")
    for name, of in found.standings.items():
        errors = (_number(error, ".2f") for error in (of.mae, of.median))
        table.add_row(STANDINGS[name], f"{of.share:.1%}", f"{of.rmsd:.3f}", *errors)
    return table


def _finished(barriers: "FinishedBarriers", level: str) -> Text:
    b = barriers
    return shown(
        f"{level}, {b.n} barriers: mean error {b.mae:.2f}, median {b.median:.2f} kcal/mol; "
        f"without the widest 14 % of intervals {b.mae_without_widest:.2f}; intervals hold "
        f"{_number(None if b.coverage is None else 100 * b.coverage, '.0f')} %, mean width "
        f"{_number(b.width, '.1f')}; computed on the surface itself, as enthalpy where the level "
        f"has zero-point energy: {_number(b.computed_mae, '.2f')}, "
        f"{_number(b.computed_median, '.2f')}"
    )


def correction_figures(card: "CorrectionCard") -> Group:
    """Errors of the corrected surface at reference structures, beside those of GFN2-xTB."""
    return Group(*(_correction(name, found) for name, found in card.metrics.items()))


def _correction(name: str, found: Mapping[str, list[float]]) -> Table:
    table = titled(f"{name}: at the reference structures, mean / median")
    for heading in ("", "GFN2-xTB", "corrected"):
        table.add_column(heading, justify="left" if not heading else "right")
    rows = {
        "force at the transition state, eV/Å": "ts",
        "force at the reactant, eV/Å": "reactant",
        "force at the product, eV/Å": "product",
        "error of the barrier, kcal/mol": "barrier",
        "error of the reaction energy, kcal/mol": "reaction_energy",
    }
    for what, key in rows.items():
        if key in found:
            pairs = [found[f"gfn2_{key}"], found[key]]
            table.add_row(what, *(f"{mean:.3f} / {median:.3f}" for mean, median in pairs))
    return table


def _structures(evaluation: "Evaluation", name: str) -> Table:
    table = titled(
        f"{name}: {evaluation.n_reactions} reactions, {evaluation.n_samples} samples, "
        f"steps each: {evaluation.steps}; RMSD in Å from the reference TS",
        f"{evaluation.samples_per_second:.1f} samples/s",
    )
    table.add_column("transition state")
    for heading in ("mean", "median", "< 0.1 Å", "< 0.2 Å", "< 0.5 Å"):
        table.add_column(heading, justify="right")
    with_energies = " and energies" if evaluation.with_energies else ""
    rows: list[tuple[str, Distribution | None]] = [
        (f"recommended, by geometry{with_energies}", evaluation.recommended),
        ("  one product", evaluation.one_product),
        ("  several products", evaluation.several_products),
        ("recommended by geometry alone", evaluation.by_recommender),
        ("recommended, permissive (permutations, mirror, cut at 1 Å)", evaluation.permissive),
        ("deterministic sample", evaluation.first_sample),
        ("mean over samples", evaluation.mean_of_samples),
        ("best of the samples (oracle)", evaluation.best_of_samples),
        ("prior alone", evaluation.prior),
    ]
    for heading, values in rows:
        if values is not None:
            shares = [f"{100 * share:.1f} %" for share in values.under.values()]
            table.add_row(heading, f"{values.mean:.3f}", f"{values.median:.3f}", *shares)
    return table


def _certainty(evaluation: "Evaluation") -> str:
    closed, error = evaluation.gap_closed, evaluation.calibration_error
    chance = _number(evaluation.calibration_error_by_chance, ".3f")
    return (
        f"mean p_good {evaluation.p_good_mean:.2f}, share under 0.2 Å {evaluation.good_share:.2f}, "
        f"expected calibration error {_number(error, '.3f')} (if every p_good were true, chance "
        f"would make {chance}); rank correlation of "
        f"expected and true RMSD {evaluation.spearman_expected_true or 0:.2f}; share of the gap "
        "between a random sample and the best that the choice closes "
        f"{_number(closed, '.2f')}"
    )


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _risk(curve: "RiskCurve", what: str, form: str) -> Table:
    table = Table(title=f"{what}, of those kept when a share is sent to quantum chemistry")
    table.add_column("sent")
    for fraction in SHOWN_FRACTIONS:
        table.add_column(f"{100 * fraction:.0f} %", justify="right")
    at = [curve.at(fraction) for fraction in SHOWN_FRACTIONS]
    for label, key in (
        ("least certain first", "by_certainty"),
        ("random", "random"),
        ("oracle", "oracle"),
    ):
        table.add_row(label, *(format(point[key], form) for point in at))
    return table


def _barriers(found: "BarrierFigures", level: str) -> Table:
    table = titled(f"barriers of {found.n} reactions against {level}, kcal/mol")
    for heading in (
        "MAE",
        "median error",
        "GFN2-xTB: MAE",
        "median",
        "90 % intervals: coverage",
        "mean width",
    ):
        table.add_column(heading, justify="right")
    table.add_row(
        f"{found.mae:.2f}",
        f"{found.median:.2f}",
        f"{found.xtb_mae:.2f}",
        f"{found.xtb_median:.2f}",
        _number(found.coverage, ".1%"),
        f"{found.mean_interval:.1f}",
    )
    return table

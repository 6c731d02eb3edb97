"""Pictures: of an evaluation (is the certainty true, and what is it worth?), and of kinetics."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tscreen.model.evaluation.evaluation import BarrierFigures, Evaluation, ReactionErrors
    from tscreen.model.evaluation.risk import RiskCurve
    from tscreen.screen.mechanism.kinetics import Course

PUBLISHED_FRACTION = 0.14
"""Share sent to quantum chemistry for OA-ReactDiff's headline (Nat. Comput. Sci. 2023)."""


def write_plots(
    evaluation: "Evaluation", errors: Sequence["ReactionErrors"], folder: Path
) -> list[Path]:
    """Write ``reliability.png``, ``risk.png`` and, of known barriers, ``barriers.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [_reliability(evaluation, folder), _risk(evaluation, folder)]
    if evaluation.barriers:
        written.append(_barriers(evaluation, errors, folder))
    return written


MOST_CURVES = 10
SEEN = 1e-6
"""Share of the highest concentration below which a molecule has no curve."""


def write_course(course: "Course", temperature: float, path: Path) -> None:
    """Draw the concentrations of the molecules that come highest, over the logarithm of time."""
    peaks = course.concentrations.max(0)
    order = [k for k in (-peaks).argsort()[:MOST_CURVES] if peaks[k] > SEEN * peaks.max()]
    figure, axes = _figure(1)
    for k in order:
        axes.plot(course.times[1:], course.concentrations[1:, k], label=course.molecules[k])
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="time, s",
        ylabel="concentration, mol/L",
        title=f"Kinetics at {temperature:g} K",
    )
    axes.set_ylim(SEEN * peaks.max(), 2 * peaks.max())
    axes.legend(fontsize=8)
    _save(figure, path)


def _figure(columns: int) -> tuple:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot.subplots(1, columns, figsize=(5.2 * columns, 4.4), layout="constrained")


def _reliability(evaluation: "Evaluation", folder: Path) -> Path:
    figure, axes = _figure(1)
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1, label="perfect")
    bins = evaluation.reliability
    axes.plot(
        [one.mean_p_good for one in bins],
        [one.good_share for one in bins],
        "o-",
        label=f"expected calibration error {evaluation.calibration_error or 0:.3f}",
    )
    for one in bins:
        axes.annotate(
            str(one.count),
            (one.mean_p_good, one.good_share),
            textcoords="offset points",
            xytext=(6, -11),
            fontsize=8,
        )
    axes.set(
        xlabel="p_good",
        ylabel="share within 0.2 Å of the true TS",
        title=f"Reliability, {sum(one.count for one in bins)} reactions (numbers: of each bin)",
        xlim=(0, 1),
        ylim=(0, 1.02),
    )
    axes.legend()
    return _save(figure, folder / "reliability.png")


def _risk(evaluation: "Evaluation", folder: Path) -> Path:
    levels = list(evaluation.barriers.items())
    figure, axes = _figure(1 + len(levels))
    panels = list(axes) if levels else [axes]
    _curve(panels[0], evaluation.risk, "mean RMSD of the kept, Å")
    for panel, (level, found) in zip(panels[1:], levels, strict=True):
        _curve(panel, found.risk, "barrier error of the kept, kcal/mol")
        percent = [100 * f for f in found.risk_by_interval.fractions]
        panel.plot(percent, found.risk_by_interval.by_certainty, label="widest interval first")
        panel.set_title(level, fontsize=8)
        panel.legend()
    return _save(figure, folder / "risk.png")


def _curve(axes: "Axes", curve: "RiskCurve", what: str) -> None:
    percent = [100 * fraction for fraction in curve.fractions]
    axes.plot(percent, curve.by_certainty, label="lowest p_good first")
    axes.axhline(curve.random, color="0.6", linewidth=1, label="random")
    axes.plot(percent, curve.oracle, ":", color="0.4", label="oracle")
    axes.axvline(100 * PUBLISHED_FRACTION, color="0.85", linewidth=1, zorder=0)
    axes.set(xlabel="sent to quantum chemistry, %", ylabel=what, xlim=(0, 50))
    axes.set_ylim(bottom=0)
    axes.legend()


def _barriers(evaluation: "Evaluation", errors: Sequence["ReactionErrors"], folder: Path) -> Path:
    figure, axes = _figure(len(evaluation.barriers))
    panels = list(axes) if len(evaluation.barriers) > 1 else [axes]
    for panel, (level, found) in zip(panels, evaluation.barriers.items(), strict=True):
        _parity(panel, level, found, errors)
    return _save(figure, folder / "barriers.png")


def _parity(
    axes: "Axes", level: str, found: "BarrierFigures", errors: Sequence["ReactionErrors"]
) -> None:
    rows = [one.barrier for one in errors if one.barrier and one.barrier.predicted.level == level]
    reference = [row.reference for row in rows]
    ends = [min(reference), max(reference)]
    axes.plot(ends, ends, color="0.6", linewidth=1)
    axes.plot(
        reference,
        [row.xtb for row in rows],
        ".",
        color="0.75",
        label=f"GFN2-xTB at the TS, median error {found.xtb_median:.1f}",
    )
    axes.errorbar(
        reference,
        [row.predicted.value for row in rows],
        yerr=[
            [row.predicted.value - row.predicted.low for row in rows],
            [row.predicted.high - row.predicted.value for row in rows],
        ],
        fmt=".",
        elinewidth=0.4,
        label=f"predicted with 90 % interval, median error {found.median:.1f}",
    )
    margin = 0.2 * (ends[1] - ends[0])
    axes.set_ylim(ends[0] - margin, ends[1] + margin)
    axes.set(xlabel="reference barrier, kcal/mol", ylabel="barrier, kcal/mol")
    axes.set_title(level, fontsize=8)
    axes.legend(fontsize=8)


def _save(figure: "Figure", path: Path) -> Path:
    figure.savefig(path, dpi=130)
    return path

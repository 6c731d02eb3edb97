"""Pictures and tables of an evaluation show its figures."""

import numpy as np
import pytest
from matplotlib import image
from rich.console import Console

from tscreen.model.evaluation.evaluation import BarrierErrors, Evaluation, ReactionErrors, summarise
from tscreen.model.inference.assessment import Barrier
from tscreen.model.inference.defaults import Sampling
from tscreen.screen.views.figures import figures
from tscreen.screen.views.plots import write_plots


def made_up(with_barriers: bool) -> tuple[Evaluation, list[ReactionErrors]]:
    rng = np.random.default_rng(0)
    errors = []
    for k in range(60):
        rmsd = float(np.exp(rng.normal(-1.7, 0.8)))
        reference = float(rng.normal(70, 20))
        predicted = reference + float(rng.normal(0, 3))
        barrier = Barrier(predicted, predicted - 5, predicted + 5, "CCSD(T)")
        errors.append(
            ReactionErrors(
                reaction_id=f"r{k}",
                several_products=k % 3 == 0,
                calibrates=k % 2 == 0,
                recommended=rmsd,
                by_recommender=1.1 * rmsd,
                permissive=0.9 * rmsd,
                first_sample=1.1 * rmsd,
                mean_of_samples=1.3 * rmsd,
                best_of_samples=0.7 * rmsd,
                prior=2 * rmsd,
                expected_rmsd=rmsd * float(np.exp(rng.normal(0, 0.3))),
                p_good=float(1 / (1 + (rmsd / 0.2) ** 2)),
                barrier=BarrierErrors(reference, reference + 9, barrier) if with_barriers else None,
            )
        )
    return summarise(errors, Sampling(), 1000.0, with_barriers), errors


@pytest.mark.parametrize("with_barriers", [True, False])
def test_every_picture_is_drawn(tmp_path, with_barriers):
    evaluation, errors = made_up(with_barriers)
    written = write_plots(evaluation, errors, tmp_path / "new" / "plots")
    assert len(written) == (3 if with_barriers else 2)
    for path in written:
        pixels = image.imread(path)
        assert pixels.shape[0] > 300
        assert (pixels[..., :3].min(-1) < 0.9).mean() > 0.005


def test_the_tables_hold_the_figures():
    evaluation, _ = made_up(True)
    console = Console(width=140, record=True, file=None, quiet=False)
    with console.capture() as capture:
        console.print(figures(evaluation, "made-up"))
    text = capture.get()
    barriers = evaluation.barriers["CCSD(T)"]
    for number in (
        f"{evaluation.recommended.mean:.3f}",
        f"error {evaluation.calibration_error:.3f}",
        f"{evaluation.risk.at(0.14)['by_certainty']:.3f}",
        f"{barriers.mae:.2f}",
        f"{barriers.coverage:.1%}",
        f"{barriers.risk_by_interval.at(0.14)['by_certainty']:.2f}",
    ):
        assert number in text
    assert sum(one.count for one in evaluation.reliability) == 30
    assert barriers.xtb_mae == pytest.approx(9.0)
    assert evaluation.gap_closed == pytest.approx(0.5)

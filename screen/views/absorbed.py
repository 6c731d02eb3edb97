"""What came back from quantum chemistry, for a reader."""

from tscreen.screen.handoff.absorbing import Absorbed
from tscreen.screen.handoff.agreement import Agreement
from tscreen.screen.views.shown import visible


def as_text(done: Absorbed) -> str:
    """Some lines: how many, what is bad, how far off the predictions were."""
    waiting = f", {done.n_waiting} not done yet" if done.n_waiting else ""
    lines = [f"{done.n_absorbed} reactions absorbed{waiting}", *done.bad]
    if done.agreement is not None:
        lines += _agreement(done.agreement)
    return "\n".join(map(visible, lines))


def _agreement(found: Agreement) -> list[str]:
    lines = [f"levels compared: {'; '.join(found.levels)}"]
    if found.mae is not None:
        lines.append(
            f"predicted barriers of {found.n}: off by {found.mae:.1f} kcal/mol in the mean, "
            f"{found.median:.1f} in the median, bias {found.bias:+.1f}"
        )
    if found.covered is not None:
        lines.append(f"90 % intervals hold {found.covered:.0%} of the barriers")
    if found.good is not None:
        lines.append(
            f"transition states of {found.n_structures}: {found.good:.0%} within 0.2 Å, where "
            f"p_good promised {found.p_good:.0%}; median RMSD {found.rmsd:.2f} Å"
        )
    return lines

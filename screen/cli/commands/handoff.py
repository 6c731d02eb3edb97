"""`tscreen handoff` and `tscreen absorb`: to quantum chemistry and back."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tscreen.screen.views.shown import visible

OUT = Annotated[str, typer.Argument(help="Folder of a run that has ended; path or URI.")]
ROWS_FAILED = 1


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(handoff)
    app.command()(absorb)


def handoff(
    out: OUT,
    jobs: Annotated[Path, typer.Argument(help="New folder for the inputs.")],
    program: Annotated[
        str, typer.Option(help="Who computes: orca, gaussian, psi4, pyscf or qcschema.")
    ],
    level: Annotated[
        str,
        typer.Option(help="METHOD/BASIS as the program spells it, such as wB97X-D3/def2-TZVP."),
    ],
    filter: Annotated[  # noqa: A002 - the name that the user reads
        str | None, typer.Option(help='SQL condition on columns, such as "p_good < 0.5".')
    ] = None,
    least_certain: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of the lowest p_good, such as 0.14.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write inputs of quantum chemistry: TS, paths down and molecules, a folder a reaction."""
    from tscreen.screen.handoff.writing import handoff as hand_over

    done = hand_over(out, jobs, program, level, filter, least_certain)
    if as_json:
        print(json.dumps({"jobs": str(jobs), **asdict(done)}, indent=2))
    else:
        for why in done.left_out:
            print(visible(f"left out: {why}"))
        print(visible(f"{done.n_reactions} reactions in '{jobs}'; its README says how to go on"))
    if not done.n_reactions:
        raise typer.Exit(ROWS_FAILED)


def absorb(
    out: OUT,
    jobs: Annotated[Path, typer.Argument(help="Folder that `tscreen handoff` has written.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read what the programs have written, and say how far off the predictions were."""
    from tscreen.screen.handoff.absorbing import absorb as take_in
    from tscreen.screen.views.absorbed import as_text

    done = take_in(out, jobs)
    print(json.dumps(asdict(done), indent=2) if as_json else as_text(done))
    if done.bad and not done.n_absorbed:
        raise typer.Exit(ROWS_FAILED)

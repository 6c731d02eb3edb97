"""`tscreen doctor`: what is installed, and does it work?"""

import json as jsonlib
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from tscreen.screen.views.shown import shown

NOT_WORKING = 1
STYLES = {"good": "green", "absent": "dim", "bad": "bold red"}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(doctor)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what is installed here, and run one tiny reaction through; exit code 1 if that fails."""
    from tscreen.screen.doctor.findings import Finding, findings

    found: list[Finding] = []
    console = Console()
    for finding in findings():
        found.append(finding)
        if not as_json:
            line = f"{finding.what:>14}  {finding.state:<6}  {finding.found}"
            console.print(shown(line, STYLES[finding.state]), soft_wrap=True)
    if as_json:
        print(jsonlib.dumps([asdict(finding) for finding in found], indent=2))
    if any(finding.state == "bad" for finding in found):
        raise typer.Exit(NOT_WORKING)

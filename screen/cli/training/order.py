"""What a user orders of `tscreen train`, whichever part it is."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from tscreen.model.weights import SHIPPED
from tscreen.screen.cli.training.showing import CONSOLE
from tscreen.screen.errors import UsageError
from tscreen.screen.views.shown import shown


@dataclass(frozen=True)
class TrainingOrder:
    """Options that all parts have.

    Attributes:
        data: Parquet files.
        out: folder of the run.
        minutes: of the whole run.
        resume: goes on from what is in ``out``.
        init: weights to start from, `shipped` or a folder; None to start anew.
        seed: of weights, order and noise.
        threads: None for all cores.
        quiet: shows nothing and prints the card as JSON.
    """

    data: list[Path]
    out: Path
    minutes: float
    resume: bool
    init: str | None
    seed: int
    threads: int | None
    quiet: bool

    @property
    def start(self) -> Path:
        """The folder of weights that ``init`` names, by default the shipped ones."""
        return SHIPPED if self.init in (None, "shipped") else Path(self.init)

    def resume_only_if_begun(self, name: str, begun: bool) -> None:
        """Refuse to begin twice, and to go on with nothing.

        Raises:
            UsageError: ``resume`` and ``begun`` differ.
        """
        if self.resume != begun:
            raise UsageError(
                f"{self.out} holds no {name} to go on with; leave --resume out"
                if self.resume
                else f"{self.out} holds a {name} in training already; add --resume or name "
                "another folder"
            )

    def complete(self, weights: Path, *files: str) -> None:
        """Copy what is not in ``out`` from other weights: a folder of weights has all parts."""
        self.out.mkdir(parents=True, exist_ok=True)
        for name in files:
            if not (self.out / name).exists():
                shutil.copyfile(weights / name, self.out / name)

    def tell(self, version: str, metrics: Mapping[str, Any], told: str = "") -> None:
        """Say where the weights are, or what they are as JSON."""
        if self.quiet:
            typer.echo(json.dumps({"version": version, "metrics": metrics}))
        else:
            CONSOLE.print(shown(f"{told}weights and card written to {self.out}"))

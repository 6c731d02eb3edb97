"""`tscreen train`: the model's own tool, for a user's data too."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tscreen.screen.cli.training import correction, generator, proposals
from tscreen.screen.cli.training.order import TrainingOrder


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(train)


class Part(StrEnum):
    """What `tscreen train` trains."""

    ALL = "all"
    GENERATOR = "generator"
    CORRECTION = "correction"
    PROPOSALS = "proposals"


def train(
    data: Annotated[
        list[Path],
        typer.Argument(
            help="Parquet files with ts_positions and split, and folders of runs into which "
            "quantum chemistry was absorbed."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for checkpoint, learning curve and weights.")],
    max_minutes: Annotated[
        float, typer.Option(help="Of the whole run, resumed parts included.", min=0.1)
    ],
    resume: Annotated[bool, typer.Option(help="Go on from the checkpoint in --out.")] = False,
    init: Annotated[
        str | None,
        typer.Option(
            help="Start from these weights: 'shipped', or a folder that train wrote. To be named "
            "again where such a run is resumed."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and noise.")] = 0,
    threads: Annotated[
        int | None,
        typer.Option(
            help="CPU threads; default all cores. The correction's networks have one thread each, "
            "beside each other."
        ),
    ] = None,
    folds: Annotated[
        int,
        typer.Option(
            min=0,
            help="Generators trained on a part each, whose errors on the rest teach the scorers; "
            "0: the scorers learn from rows that the one generator has not seen.",
        ),
    ] = 2,
    part: Annotated[
        Part,
        typer.Option(
            help="What to train: the generator with its scorers, the correction of GFN2-xTB, which "
            "needs no generator, the network that proposes steps to `tscreen explore`, which needs "
            "neither, or all but this one, where the correction gets a quarter of the time."
        ),
    ] = Part.ALL,
    as_json: Annotated[bool, typer.Option("--json", help="Print the card as JSON.")] = False,
) -> None:
    """Train generator, scorers and the correction of GFN2-xTB; writes weights into --out."""
    from tscreen.model.inference.loading import use_threads

    use_threads(threads)
    tables = [_table(one, out) for one in data]
    order = TrainingOrder(tables, out, max_minutes, resume, init, seed, threads, as_json)
    match part:
        case Part.CORRECTION:
            correction.train_alone(order)
        case Part.PROPOSALS:
            proposals.train_alone(order)
        case Part.GENERATOR | Part.ALL:
            generator.train_with_scorers(order, folds, with_correction=part is Part.ALL)


def _table(data: Path, out: Path) -> Path:
    """A file to train on; what was absorbed into a run is kept beside the checkpoint.

    So a run that is resumed has the same rows, though more was absorbed meanwhile.
    """
    if not data.is_dir():
        return data
    from tscreen.screen.handoff.references import references_of

    table = out / f"{data.resolve().name}.parquet"
    if not table.exists():
        references = references_of(data)
        out.mkdir(parents=True, exist_ok=True)
        references.write_parquet(table)
    return table

"""What happens to the rows of a run, from top to bottom."""

from functools import partial

from tscreen.actors.workers.stage import Stage
from tscreen.screen.dataset.writing import take_up
from tscreen.screen.engine.counters import Counting
from tscreen.screen.engine.engine import Engine
from tscreen.screen.engine.flow import Flow
from tscreen.screen.engine.pools import PoolSizes
from tscreen.screen.engine.settings import Refine, Settings
from tscreen.screen.engine.stages import Stages
from tscreen.screen.inputs.chunks import Chunk
from tscreen.screen.inputs.smiles_csv import SmilesChunk
from tscreen.screen.runs.choosing import KEY_COLUMNS, Key, cut, mark_below, mark_up_to
from tscreen.screen.runs.light import (
    Choose,
    Read,
    SetAside,
    TakeUp,
    Validate,
    Write,
    tables_of,
)
from tscreen.screen.runs.work import Work
from tscreen.screen.storage.location import Location

COMPACT = "compact"
"""The last stage, which the driver does by itself once all rows are written."""


def screen(
    work: Work,
    settings: Settings,
    stages: Stages,
    engine: Engine,
    sizes: PoolSizes,
    counters: Counting,
) -> None:
    """Send every row that is left through the stages and write it to `settings.out`."""
    last = None
    if settings.fallback_fraction is not None:
        flow = _flow(scoring(work, settings, stages), work.to_score)
        engine.carry_out(flow, sizes, counters)
        out = Location.at(settings.out)
        keys = (take_up(chunk.name, out, KEY_COLUMNS) for chunk in work.chunks)
        last, count = cut(keys, settings.fallback_fraction)
        counters.expect(stages.refine.name, count)
    left = _flow(writing(work, settings, stages, last), work.to_write)
    engine.carry_out(left, sizes, counters)


def scoring(work: Work, settings: Settings, stages: Stages) -> list[Stage]:
    """Up to the certainty of every row, of a run that refines a share of all.

    Who is among the least certain is known when all have been scored by their energies. Until then
    they wait on the disk.
    """
    aside = SetAside(Location.at(settings.out))
    return [*_sampled(work, work.to_score, settings, stages), stages.energies, aside]


def writing(work: Work, settings: Settings, stages: Stages, last: Key | None = None) -> list[Stage]:
    """To the results, for a run that refines a share of all from where `scoring` leaves off.

    Args:
        work: what is left of the run.
        settings: of the run.
        stages: that compute.
        last: rank up to which rows are refined, see `choosing.cut`.
    """
    out = Location.at(settings.out)
    write = Write(out, single=settings.refine is not Refine.NONE)
    if settings.fallback_fraction is not None:
        return [TakeUp(out), Choose(partial(mark_up_to, last=last)), stages.refine, write]
    sampled = _sampled(work, work.to_write, settings, stages)
    if settings.refine is Refine.NONE:
        return [*sampled, *([stages.energies] if settings.energies else []), write]
    choose = Choose(partial(mark_below, min_p_good=settings.min_p_good))
    return [*sampled, stages.energies, choose, stages.refine, write]


def _sampled(work: Work, chunks: list[Chunk], settings: Settings, stages: Stages) -> list[Stage]:
    """The stages up to the transition states."""
    build = [stages.build] if needs_building(chunks) else []
    return [Read(work.files), *build, Validate(settings.max_atoms), stages.sample]


def _flow(stages: list[Stage], chunks: list[Chunk]) -> Flow:
    return Flow(stages, tables_of(chunks), _count(chunks))


def stage_totals(settings: Settings, work: Work, stages: Stages) -> dict[str, int | None]:
    """The stages of a run in order, and how many rows each will see as far as that is known."""
    totals: dict[str, int | None] = {}
    if settings.fallback_fraction is not None:
        first = [stage.name for stage in scoring(work, settings, stages)]
        totals |= dict.fromkeys(first, _count(work.to_score))
    left = [stage.name for stage in writing(work, settings, stages)]
    totals |= dict.fromkeys(left, _count(work.to_write))
    if settings.refine is Refine.UNCERTAIN:
        totals[stages.refine.name] = None
    return totals | {COMPACT: _count(work.chunks)}


def _count(chunks: list[Chunk]) -> int:
    return sum(len(chunk.rows) for chunk in chunks)


def needs_building(chunks: list[Chunk]) -> bool:
    """Whether any reaction comes as SMILES alone."""
    return any(isinstance(chunk, SmilesChunk) for chunk in chunks)

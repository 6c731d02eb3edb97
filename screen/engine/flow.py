"""Tables, the stages that they are to go through, and which of these share workers."""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

from tscreen.actors.workers.stage import Resources, Stage


@dataclass(frozen=True)
class Flow:
    """Tables and the stages that each of them goes through.

    A table is the batch that a stage sees, whatever the number of workers, so the numbers of
    workers do not change the results. Before stages that want rows one by one it is cut into a
    table for each: a search takes as long as all that came before for a whole chunk.

    Attributes:
        stages: in order.
        tables: those that the first stage is given.
        n_rows: rows that come of these.
    """

    stages: list[Stage]
    tables: list[pa.Table]
    n_rows: int


@dataclass(frozen=True)
class Group:
    """Stages that follow each other in the same workers.

    Attributes:
        resources: of the workers.
        stages: in order.
        cut: whether each row goes on alone.
    """

    resources: Resources
    stages: list[Stage]
    cut: bool = False

    @property
    def one_by_one(self) -> bool:
        """Whether any of them wants rows alone."""
        return any(stage.one_by_one for stage in self.stages)


def grouped(stages: Iterable[Stage]) -> list[Group]:
    """Stages by the workers that they run in, in order."""
    groups: list[Group] = []
    for stage in stages:
        if groups and stage.resources in (None, groups[-1].resources):
            groups[-1].stages.append(stage)
        else:
            assert stage.resources is not None, f"'{stage.name}' comes first and names no workers"
            groups.append(Group(stage.resources, [stage]))
    return [
        Group(
            group.resources,
            group.stages,
            cut=after is not None and after.one_by_one and not group.one_by_one,
        )
        for group, after in zip(groups, [*groups[1:], None], strict=True)
    ]

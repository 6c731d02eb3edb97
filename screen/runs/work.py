"""What is left of a run."""

from dataclasses import dataclass

from tscreen.screen.inputs.chunks import Chunk
from tscreen.screen.inputs.stamps import Stamps


@dataclass(frozen=True)
class Work:
    """The chunks of a run.

    Attributes:
        chunks: all of them.
        to_score: those that must be sampled and scored before the least certain rows are known.
        to_write: those whose rows are not all written.
        files: of the input, as they were planned.
    """

    chunks: list[Chunk]
    to_score: list[Chunk]
    to_write: list[Chunk]
    files: Stamps

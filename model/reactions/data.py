"""Reaction tables as training and validation sets."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tscreen.model.reactions.batch import PreparedReaction, prepare
from tscreen.schemas import columns as c
from tscreen.schemas.reaction import Reaction, reactions_of
from tscreen.schemas.validate import validate

HELD_OUT_PERCENT = 8  # of the training rows: the generator never sees them, its scorers do
VALIDATION_PERCENT = 4  # of the rows of a table that has no `split` column
MAX_TRAINING_ATOMS = 200
UNNAMED_LEVEL = "unnamed level"  # of barriers in a table without `barrier_level`
SIDES: tuple[Literal["reactant", "product"], ...] = ("reactant", "product")
Positions = NDArray[np.floating]
ALWAYS_DRAWN_ATOMS = 18  # a larger reaction is drawn less often per epoch; see `share_of_epochs`


class DataError(ValueError):
    """The data cannot be trained on or evaluated; the message says which row and what to do."""


@dataclass(frozen=True)
class ReferenceReaction:
    """A reaction whose TS is known, ready to be batched."""

    reaction: Reaction
    prepared: PreparedReaction
    table: str = ""  # name of the file it comes from
    split: str | None = None
    barrier: float | None = None  # kcal/mol at `level`
    level: str = ""
    relaxed_sides: tuple[str, ...] = ()  # whose geometries are of GFN2-xTB, not of the reference
    known_minima: tuple[Positions | None, Positions | None] = (None, None)  # (N, 3), of these sides
    # Of the reference (N, 3), eV/Å, at the TS and at both sides; None at its stationary points.
    forces: tuple[Positions | None, ...] = (None, None, None)
    reaction_energy: float | None = None  # kcal/mol, electronic, at `level` or near it

    @property
    def reaction_id(self) -> str:
        """Unique name."""
        return self.reaction.reaction_id

    @property
    def has_ts(self) -> bool:
        """Whether what stands for the TS is one, not some other structure with its forces."""
        return self.forces[0] is None

    @property
    def calibrates(self) -> bool:
        """Whether it is one of the half of the validation rows that probabilities are fitted on.

        Figures about probabilities and intervals come from the other half.
        """
        share = by_hash(self.reaction_id)
        set_aside = self.split is None and share >= 100 - VALIDATION_PERCENT
        val = self.split == "val" or set_aside
        return calibrates(self.reaction_id) and val and self.has_ts

    @property
    def minima(self) -> tuple[Positions | None, Positions | None]:
        """Both sides at minima of the reference ``(N, 3)`` in Å; None where these are not known."""
        r = self.reaction
        given = zip(SIDES, (r.reactant_positions, r.product_positions), strict=True)
        reactant, product = (
            known if side in self.relaxed_sides else positions
            for (side, positions), known in zip(given, self.known_minima, strict=True)
        )
        return reactant, product


@dataclass(frozen=True)
class References:
    """Reactions with their reference TS, and why each other row of the table was left out."""

    rows: list[ReferenceReaction]
    left_out: list[str]


@dataclass(frozen=True)
class DataSplit:
    """Training rows for the generator, rows kept for the scorers, and validation rows."""

    train: list[ReferenceReaction]
    held_out: list[ReferenceReaction]
    val: list[ReferenceReaction]
    left_out: list[str] = field(default_factory=list)


def read_reference(path: Path) -> pa.Table:
    """A Parquet table of reactions with ``ts_positions``.

    Raises:
        DataError: the file cannot be read or lacks ``ts_positions``.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path} cannot be read as Parquet: {error}") from error
    return _with_reference(table, path)


def load_reference(path: Path, split: str | None = None) -> References:
    """Reactions of a Parquet table with their reference TS, all or those of one ``split``.

    Raises:
        DataError: see `read_reference`; or the split has no rows that can be used.
    """
    return reference_of(read_reference(path), split, path)


def reference_of(
    table: pa.Table, split: str | None = None, path: Path = Path("the table")
) -> References:
    """The same of a table in memory; ``path`` is what messages call it.

    Raises:
        DataError: it lacks ``ts_positions``, or the split has no rows that can be used.
    """
    table = _with_reference(table, path)
    if split is not None:
        if c.SPLIT not in table.column_names:
            raise DataError(
                f"{path} has no column {c.SPLIT!r}; choose no split ('' on the command line, None "
                "in Python) to use all rows"
            )
        table = table.filter(pc.equal(table[c.SPLIT], split))
    if table.num_rows == 0:
        raise DataError(f"{path} has no reactions" + (f" with split == {split!r}" if split else ""))
    found = _with_ts(_references(table, path))
    if not found.rows:
        raise DataError(f"{path} has no reaction that can be used; the first: {found.left_out[0]}")
    return found


def _with_reference(table: pa.Table, path: Path) -> pa.Table:
    if c.TS_POSITIONS not in table.column_names:
        raise DataError(
            f"{path} has no column {c.TS_POSITIONS!r}; training and evaluation need the reference "
            "transition state of every reaction, in Å, atoms in the order of atomic_numbers"
        )
    return table


def _references(table: pa.Table, path: Path) -> References:
    """The good rows of ``table``; a bad row costs only itself."""
    table = validate(table, max_atoms=MAX_TRAINING_ATOMS)
    good = pc.is_null(table[c.REJECT_CODE])
    messages = table[c.REJECT_MESSAGE].drop_null().to_pylist()
    left_out = [f"{path.name}: {message}" for message in messages]
    table = table.filter(good)
    rows = []
    targets = table[c.TS_POSITIONS].to_pylist()
    numbers = (c.BARRIER, c.BARRIER_LEVEL, c.REACTION_ENERGY)
    named = (c.SPLIT, *numbers, c.RELAXED_SIDES, *c.MINIMA, *c.FORCES)
    extras = [_cells(table, name) for name in named]
    for reaction, target, *extra in zip(reactions_of(table), targets, *extras, strict=True):
        ts = np.asarray(target if target is not None else [], dtype=np.float32)
        if ts.shape != reaction.reactant_positions.shape or not np.isfinite(ts).all():
            left_out.append(
                f"{path.name}: reaction {reaction.reaction_id!r}: column {c.TS_POSITIONS!r} must "
                f"hold {len(reaction.atomic_numbers)} finite positions, one per atom"
            )
            continue
        split, barrier, level, reaction_energy, relaxed, *arrays = extra
        reactant, product, *forces = (
            None if x is None else np.asarray(x, dtype=np.float32) for x in arrays
        )
        if any(x is not None and (x.shape != ts.shape or not np.isfinite(x).all()) for x in forces):
            left_out.append(
                f"{path.name}: reaction {reaction.reaction_id!r}: columns {', '.join(c.FORCES)} "
                f"must hold {len(ts)} finite forces each, one per atom, in eV/Å, or be null"
            )
            continue
        rows.append(
            ReferenceReaction(
                reaction,
                prepare(reaction, ts),
                path.stem,
                split,
                barrier,
                level or UNNAMED_LEVEL,
                tuple(relaxed or ()),
                (reactant, product),
                tuple(forces),
                reaction_energy,
            )
        )
    return References(rows, left_out)


def _with_ts(found: References) -> References:
    """Without the rows that have forces at what stands for the TS."""
    other = (row for row in found.rows if not row.has_ts)
    why = (
        f"{row.table}: reaction {row.reaction_id!r}: with {c.FORCES[0]!r} its structure is no "
        "transition state; only the correction learns from it"
        for row in other
    )
    return References([row for row in found.rows if row.has_ts], [*found.left_out, *why])


def _cells(table: pa.Table, name: str) -> list[Any]:
    """The cells of a column that need not be there."""
    return table[name].to_pylist() if name in table.column_names else [None] * len(table)


class OfTable(Protocol):
    """A row that knows the name of the file that it comes from."""

    @property
    def table(self) -> str:
        """Name of the file."""


Row = TypeVar("Row", bound=OfTable)


def by_table(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each table apart, by the name of its file."""
    tables: dict[str, list[Row]] = {}
    for row in rows:
        tables.setdefault(row.table, []).append(row)
    return tables


def by_hash(reaction_id: str) -> int:
    """A number below 100 for each id, always the same."""
    return int.from_bytes(hashlib.blake2b(reaction_id.encode(), digest_size=4).digest()) % 100


def calibrates(reaction_id: str) -> bool:
    """Whether a validation row is of the half by which probabilities and intervals are fitted."""
    return by_hash(reaction_id) % 2 == 0


def fold_of(reaction_id: str, folds: int) -> int:
    """Which of so many folds of the training rows a reaction belongs to, by hash of its id."""
    return by_hash(reaction_id) % folds


def load_split(paths: Sequence[Path], *, any_structures: bool = False) -> DataSplit:
    """Training data of several tables, split by their ``split`` column or by hash of the id.

    Rows with forces at what stands for the TS are left out and named, unless ``any_structures``
    will do.
    """
    data = DataSplit([], [], [])
    for path in paths:
        table = read_reference(path)
        known = c.SPLIT in table.column_names
        found = _references(table, path)
        found = found if any_structures else _with_ts(found)
        data.left_out.extend(found.left_out)
        for row in found.rows:
            share = by_hash(row.reaction_id)
            if row.split == "val" or (not known and share >= 100 - VALIDATION_PERCENT):
                data.val.append(row)
            elif row.split == "train" or not known:
                (data.held_out if share < HELD_OUT_PERCENT else data.train).append(row)
    if not data.train or not data.val:
        raise DataError(
            f"{len(data.train)} training and {len(data.val)} validation reactions in "
            f"{', '.join(map(str, paths))}; both are needed (column {c.SPLIT!r}: train, val)"
            + (f"; the first row left out: {data.left_out[0]}" if data.left_out else "")
        )
    return data


def batches_by_size(
    sizes: Sequence[int], max_pairs: int, generator: np.random.Generator | None = None
) -> list[list[int]]:
    """Indices cut into batches of like size with at most ``max_pairs`` padded pairs each.

    With a ``generator`` both the order within a size and the order of batches are shuffled.
    """
    order = np.arange(len(sizes)) if generator is None else generator.permutation(len(sizes))
    order = order[np.argsort(np.asarray(sizes)[order], kind="stable")]
    batches: list[list[int]] = []
    current: list[int] = []
    for index in order:
        n = sizes[index]
        if current and (len(current) + 1) * n * (n - 1) // 2 > max_pairs:
            batches.append(current)
            current = []
        current.append(int(index))
    if current:
        batches.append(current)
    if generator is not None:
        generator.shuffle(batches)
    return batches


def share_of_epochs(atoms: NDArray[np.integer]) -> NDArray[np.floating]:
    """In how many of the epochs ``(R,)`` reactions of so many atoms ``(R,)`` take part, 0 to 1.

    A step's cost grows with the cube of a reaction's size, so a reaction of N atoms beyond
    `ALWAYS_DRAWN_ATOMS` takes part with probability (`ALWAYS_DRAWN_ATOMS` / N)³: a few thousand
    large reactions then cost no more than as many small ones.
    """
    return np.minimum(1.0, (ALWAYS_DRAWN_ATOMS / atoms) ** 3)


def epoch_batches(
    atoms: NDArray[np.integer], max_pairs: int, seed: int, epoch: int
) -> list[list[int]]:
    """Shuffled batches of one epoch, the same for the same ``seed`` and ``epoch``.

    ``atoms (R,)`` are the sizes of the reactions; the batches hold the indices of those that take
    part (`share_of_epochs`).
    """
    generator = np.random.default_rng([seed, epoch])
    drawn = generator.random(len(atoms)) < share_of_epochs(atoms)
    if not drawn.any():  # few reactions, all large
        drawn[:] = True
    chosen = np.flatnonzero(drawn)
    batches = batches_by_size(atoms[chosen].tolist(), max_pairs, generator)
    return [[int(chosen[index]) for index in batch] for batch in batches]

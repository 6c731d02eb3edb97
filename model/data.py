"""Reaction tables as training and validation sets."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from model.batch import PreparedReaction, prepare
from schemas import columns as c
from schemas.reaction import reactions_of
from schemas.validate import validate

HELD_OUT_PERCENT = 8  # of the training rows: the generator never sees them, the recommender does
VALIDATION_PERCENT = 4  # of the rows of a table that has no `split` column
MAX_TRAINING_ATOMS = 200


class DataError(ValueError):
    """The data cannot be trained on or evaluated; the message says which row and what to do."""


@dataclass(frozen=True)
class ReferenceReaction:
    """A reaction whose TS is known, ready to be batched."""

    reaction_id: str
    prepared: PreparedReaction
    several_products: bool


@dataclass(frozen=True)
class DataSplit:
    """Training rows for the generator, rows kept for the recommender, and validation rows."""

    train: list[ReferenceReaction]
    held_out: list[ReferenceReaction]
    val: list[ReferenceReaction]


def read_reference(path: Path) -> pa.Table:
    """A Parquet table of reactions with ``ts_positions``.

    Raises:
        DataError: the file cannot be read, lacks ``ts_positions`` or has a bad row.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path} cannot be read as Parquet: {error}") from error
    if c.TS_POSITIONS not in table.column_names:
        raise DataError(
            f"{path} has no column {c.TS_POSITIONS!r}; training and evaluation need the reference "
            "transition state of every reaction, in Å, atoms in the order of atomic_numbers"
        )
    return table


def load_reference(path: Path, split: str | None = None) -> list[ReferenceReaction]:
    """Reactions of a Parquet table with their reference TS, all or those of one ``split``.

    Raises:
        DataError: see `read_reference`; or the split has no rows.
    """
    table = read_reference(path)
    if split is not None:
        if c.SPLIT not in table.column_names:
            raise DataError(f"{path} has no column {c.SPLIT!r}; leave --split out to use all rows")
        table = table.filter(pc.equal(table[c.SPLIT], split))
    if table.num_rows == 0:
        raise DataError(f"{path} has no reactions" + (f" with split == {split!r}" if split else ""))
    return _reference_rows(table, path)


def _reference_rows(table: pa.Table, path: Path) -> list[ReferenceReaction]:
    table = validate(table, elements=frozenset(range(1, 97)), max_atoms=MAX_TRAINING_ATOMS)
    bad = table.filter(pc.is_valid(table[c.REJECT_CODE]))
    if bad.num_rows:
        first = bad.slice(0, 1).to_pylist()[0]
        raise DataError(
            f"{path}: {bad.num_rows} bad reactions, the first {first[c.REACTION_ID]!r}: "
            f"{first[c.REJECT_MESSAGE]}"
        )
    rows = []
    targets = table[c.TS_POSITIONS].to_pylist()
    for reaction, target in zip(reactions_of(table), targets, strict=True):
        ts = np.asarray(target if target is not None else [], dtype=np.float32)
        if ts.shape != reaction.reactant_positions.shape or not np.isfinite(ts).all():
            raise DataError(
                f"{path}: reaction {reaction.reaction_id!r}: column {c.TS_POSITIONS!r} must hold "
                f"{len(reaction.atomic_numbers)} finite positions, one per atom"
            )
        rows.append(
            ReferenceReaction(
                reaction.reaction_id,
                prepare(reaction, ts),
                bool(reaction.product_fragments.max() > 0),
            )
        )
    return rows


def _percentile(reaction_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(reaction_id.encode(), digest_size=4).digest()) % 100


def load_split(paths: Sequence[Path]) -> DataSplit:
    """Training data of several tables, split by their ``split`` column or by hash of the id."""
    train: list[ReferenceReaction] = []
    held_out: list[ReferenceReaction] = []
    val: list[ReferenceReaction] = []
    for path in paths:
        table = read_reference(path)
        known = c.SPLIT in table.column_names
        labels = table[c.SPLIT].to_pylist() if known else [None] * table.num_rows
        for label, row in zip(labels, _reference_rows(table, path), strict=True):
            share = _percentile(row.reaction_id)
            if label == "val" or (not known and share >= 100 - VALIDATION_PERCENT):
                val.append(row)
            elif known and label != "train":
                continue
            else:
                (held_out if share < HELD_OUT_PERCENT else train).append(row)
    if not train or not val:
        raise DataError(
            f"{len(train)} training and {len(val)} validation reactions in "
            f"{', '.join(map(str, paths))}; both are needed (column {c.SPLIT!r}: train, val)"
        )
    return DataSplit(train, held_out, val)


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


def epoch_batches(
    rows: Sequence[ReferenceReaction], max_pairs: int, seed: int, epoch: int
) -> Iterator[list[PreparedReaction]]:
    """Shuffled batches of one epoch, the same for the same ``seed`` and ``epoch``."""
    generator = np.random.default_rng([seed, epoch])
    sizes = [row.prepared.n_atoms for row in rows]
    for batch in batches_by_size(sizes, max_pairs, generator):
        yield [rows[index].prepared for index in batch]

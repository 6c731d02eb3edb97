"""Reactions from XYZ, SDF and mol2 files and ASE databases: pairs of structures, the two sides.

The driver only scans the comment lines; a worker then reads the frames it was given by their
place in the file.
"""

import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, takewhile, zip_longest
from pathlib import Path
from typing import Any, BinaryIO

import ase.io
import numpy as np
import polars as pl
import pyarrow as pa
from ase.io.extxyz import key_val_str_to_dict

from tscreen.actors.mapping.rows import REMEDY as ORDER_REMEDY
from tscreen.actors.mapping.structures import NoMappingError, matching_order
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import fragments_of
from tscreen.schemas.reaction import difference, positions_array, reordered
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.tables import POSITIONS, TYPES
from tscreen.screen.inputs.chunks import (
    ATOMS,
    BROKEN,
    GROUP,
    ID,
    ROW,
    Chunk,
    Source,
    renamed,
    wanted,
)
from tscreen.screen.inputs.filters import chosen, columns_in
from tscreen.screen.inputs.packed import content, kind_of, opened, stem_of
from tscreen.screen.inputs.records import (
    DATABASE,
    RECORD_SUFFIXES,
    parsed,
    records_of,
    row_of,
    rows_of,
)
from tscreen.screen.storage.location import Location

XYZ_SUFFIXES = (".xyz", ".extxyz")
FRAME_SUFFIXES = (*XYZ_SUFFIXES, *RECORD_SUFFIXES)
SIDE = "side"
REACTANT, TS, PRODUCT = "reactant", "ts", "product"
SUFFIX_SIDES = {
    "_reactants": REACTANT,
    "_products": PRODUCT,
    "_reactant": REACTANT,
    "_product": PRODUCT,
    "_r": REACTANT,
    "_p": PRODUCT,
}
# Comment keys that describe the frame, not the reaction.
FRAME_KEYS = {SIDE, "Properties", "Lattice", "pbc", "energy"}
# What reading the frames of a pair gives, beyond what their comment lines say.
READ = (
    c.ATOMIC_NUMBERS,
    c.REACTANT_POSITIONS,
    c.PRODUCT_POSITIONS,
    c.REACTANT_FRAGMENTS,
    c.PRODUCT_FRAGMENTS,
    c.CHARGE,
    c.MULTIPLICITY,
    c.PRODUCT_ORDER,
    *c.INTERNAL,
)


@dataclass(frozen=True)
class Frame:
    """Where one geometry lies in a file, and what its comment line says."""

    path: str
    number: int
    start: int
    stop: int
    n_atoms: int
    info: dict[str, object]


@dataclass
class Pair:
    """The two sides of one reaction; one may be missing."""

    reaction_id: str
    sides: dict[str, Frame] = field(default_factory=dict)

    @property
    def first(self) -> Frame:
        """The reactant's frame, or the only one."""
        return self.sides.get(REACTANT) or self.sides[PRODUCT]

    @property
    def info(self) -> dict[str, object]:
        """What the comment lines say of the reaction, the reactant's going first."""
        merged: dict[str, object] = {}
        for side in (PRODUCT, REACTANT):
            merged |= self.sides[side].info if side in self.sides else {}
        tags = {key: value for key, value in merged.items() if key not in FRAME_KEYS}
        return tags | {c.REACTION_ID: self.reaction_id}


def scan(location: Location) -> list[Frame]:
    """The frames of a file, but for transition states, which an exported run holds too.

    Raises:
        ValueError: the file is no such file, or is cut off.
    """
    kind = kind_of(location)
    if kind in XYZ_SUFFIXES:
        with opened(location) as file:
            return list(_frames(file, location.name))
    if kind == DATABASE:
        found = rows_of(_on_this_machine(location))
    else:
        found = records_of(content(location), kind)
    named = [Frame(location.name, number, *record) for number, record in enumerate(found)]
    return [frame for frame in named if frame.info.get(SIDE) != TS]


def _on_this_machine(location: Location) -> Path:
    if location.local is None or not location.local.is_file():
        raise ValueError("a database is read where it lies; copy it to this machine")
    return location.local


def _frames(file: BinaryIO, path: str) -> Iterator[Frame]:
    number = 0
    while True:
        start = file.tell()
        count = file.readline()
        if not count.strip():
            if count:
                continue
            return
        where = f"frame {number} (counting from 0)"
        if not count.strip().isdigit():
            raise ValueError(f"{where} does not start with its number of atoms")
        n_atoms = int(count)
        lines = list(takewhile(bool, (file.readline() for _ in range(n_atoms + 1))))
        if len(lines) <= n_atoms or not lines[-1].strip():
            raise ValueError(f"{where} ends before its {n_atoms} atoms do")
        info = _info(lines[0].decode("utf-8"))
        if info.get(SIDE) != TS:
            yield Frame(path, number, start, file.tell(), n_atoms, info)
        number += 1


def pair_up(frames: list[Frame]) -> list[Pair]:
    """Bring the two sides of each reaction together.

    Sides are told by `reaction_id` and `side` in the comment line, else by file names such as
    `NAME_reactant.xyz` and `NAME_product.xyz`, else consecutive frames of a file are a pair.
    """
    pairs: list[Pair] = []
    open_pairs: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for path, members in groupby(frames, key=lambda frame: frame.path):
        for name, side, frame in _named(stem_of(path), list(members)):
            waiting = open_pairs[name, side]
            if waiting:
                waiting.pop(0).sides[side] = frame
                continue
            pair = Pair(name, {side: frame})
            pairs.append(pair)
            open_pairs[name, PRODUCT if side == REACTANT else REACTANT].append(pair)
    return pairs


def _named(stem: str, frames: list[Frame]) -> Iterator[tuple[str, str, Frame]]:
    """The reaction and the side of every frame of one file."""
    ending = next((ending for ending in SUFFIX_SIDES if stem.endswith(ending)), None)
    counts: Counter[str] = Counter()
    unsided = []
    for frame in frames:
        given = frame.info.get(SIDE) or (SUFFIX_SIDES[ending] if ending else None)
        if given is None:
            unsided.append(frame)
            continue
        side = str(given)
        base = stem.removesuffix(ending) if ending else stem
        number = counts[side]
        default = base if ending and not number else f"{base}-{number}"
        yield str(frame.info.get(c.REACTION_ID, default)), side, frame
        counts[side] += 1
    for number, sides in enumerate(zip_longest(unsided[0::2], unsided[1::2])):
        present = [frame for frame in sides if frame is not None]
        ids = [frame.info[c.REACTION_ID] for frame in present if c.REACTION_ID in frame.info]
        name = str(ids[0]) if ids else f"{stem}-{number}"
        for side, frame in zip((REACTANT, PRODUCT), present, strict=False):
            yield name, side, frame


def structure(xyz: bytes) -> ase.Atoms:
    """The one structure of an XYZ file's content; its `info` is what the comment line says.

    Raises:
        ValueError: it is not one structure that can be read; the text says why.
    """
    frames = list(_frames(io.BytesIO(xyz), ""))
    if len(frames) != 1:
        raise ValueError(f"it holds {len(frames)} structures; give one")
    [frame] = frames
    try:
        atoms = _parsed(xyz[frame.start : frame.stop].decode("utf-8"))
    except KeyError as error:
        raise ValueError(f"there is no element {error}") from error
    atoms.info = frame.info
    return atoms


class XyzSource(Source):
    """The pairs of one file, or of all the files of a folder."""

    def __init__(self, pairs: list[Pair]):
        self.path = pairs[0].first.path
        self.n_rows = len(pairs)
        self._pairs = pairs
        infos = [pair.info for pair in pairs]
        self._infos = pl.from_dicts(infos, infer_schema_length=None, strict=False)

    def index(self, condition: str | None) -> pl.DataFrame:
        """See `Source`."""
        index = pl.DataFrame(
            {
                ROW: np.arange(self.n_rows),
                GROUP: np.zeros(self.n_rows, np.int64),
                ID: self._infos[c.REACTION_ID],
                ATOMS: np.array([pair.first.n_atoms for pair in self._pairs], np.int64),
            }
        )
        if condition is None:
            return index
        needed = columns_in(condition, self._infos.schema)
        return index[chosen(self._infos.select(needed), self.n_rows, condition)]

    def columns(self) -> pa.Schema:
        """See `Source`."""
        return _as_read(self._infos.clear()).schema

    def column(self, name: str) -> pa.ChunkedArray:
        """See `Source`."""
        return _as_read(self._infos)[name]

    def chunk(self, group: int, rows: list[int], duplicates: list[int]) -> Chunk:
        """See `Source`."""
        pairs = [self._pairs[row] for row in rows]
        return XyzChunk(self.path, rows, duplicates, pairs, _as_read(self._infos[rows]))


def _as_read(infos: pl.DataFrame) -> pa.Table:
    table = infos.to_arrow(compat_level=pl.CompatLevel.oldest())
    return renamed(table.select(wanted(table.schema)))


@dataclass(frozen=True)
class XyzChunk(Chunk):
    """Pairs of frames."""

    pairs: list[Pair]
    infos: pa.Table

    @property
    def files(self) -> set[str]:
        """Those that its frames lie in."""
        return {frame.path for pair in self.pairs for frame in pair.sides.values()}

    def load(self) -> pa.Table:
        """Read the frames; a pair that cannot be read is a bad row and does not stop others."""
        rows = [_read_pair(pair) for pair in self.pairs]
        table = self.infos
        for name in READ:
            cells = [row.get(name) for row in rows]
            if TYPES[name] == POSITIONS:
                column = positions_array(cells)
            elif name in (c.CHARGE, c.MULTIPLICITY):
                # As text, which holds any value: validation tells whether it is a number.
                texts = [None if cell is None else str(cell) for cell in cells]
                column = pa.array(texts, pa.string())
            else:
                column = pa.array(cells, TYPES[name])
            if name in table.column_names:
                table = table.drop_columns([name])
            table = table.append_column(name, column)
        return table


def _read_pair(pair: Pair) -> dict[str, Any]:
    """The cells of one row: those that could be read, and the verdict if not all could."""
    row: dict[str, Any] = {c.SOURCE: pair.first.path, c.SOURCE_ROW: pair.first.number}

    def rejected(code: RejectCode, message: str) -> dict[str, Any]:
        text = f"reaction '{pair.reaction_id}': {message}"
        return row | {c.REJECT_CODE: str(code), c.REJECT_MESSAGE: text}

    for side in (REACTANT, PRODUCT):
        if side not in pair.sides:
            remedy = f"add a frame with reaction_id={pair.reaction_id} side={side}"
            return rejected(RejectCode.MISSING_SIDE, f"there is no {side}; {remedy}")
    try:
        reactant, product = (_atoms(pair.sides[side]) for side in (REACTANT, PRODUCT))
    except KeyError as error:
        return rejected(RejectCode.UNKNOWN_ELEMENT, f"there is no element {error}")
    except BROKEN as error:
        return rejected(RejectCode.UNREADABLE_FILE, f"a frame cannot be read: {error}")
    if reordered(reactant.numbers, product.numbers):
        try:
            order = matching_order(reactant, product)
        except NoMappingError as error:
            return rejected(RejectCode.NO_MAPPING, f"{error}; {ORDER_REMEDY}")
        product = product[order]
        row[c.PRODUCT_ORDER] = order.tolist()
    numbers, others = reactant.numbers, product.numbers
    fault = difference(numbers, others)
    if fault is not None and len(numbers) == len(others):
        return rejected(RejectCode.ELEMENTS_DIFFER, fault)
    charge = pair.info.get(c.CHARGE, 0)
    lowest = 1 + (int(numbers.sum()) - charge) % 2 if isinstance(charge, int) else None
    return row | {
        c.ATOMIC_NUMBERS: numbers,
        c.REACTANT_POSITIONS: reactant.positions,
        c.PRODUCT_POSITIONS: product.positions,
        c.REACTANT_FRAGMENTS: fragments_of(numbers, reactant.positions),
        c.PRODUCT_FRAGMENTS: fragments_of(others, product.positions),
        c.CHARGE: charge,
        c.MULTIPLICITY: pair.info.get(c.MULTIPLICITY, lowest),
    }


def _atoms(frame: Frame) -> ase.Atoms:
    location = Location(frame.path)
    kind = kind_of(location)
    if kind == DATABASE:
        return row_of(_on_this_machine(location), frame.start)
    text = content(location, frame.start, frame.stop).decode("utf-8")
    return _parsed(text) if kind in XYZ_SUFFIXES else parsed(text, kind)


def _parsed(text: str) -> ase.Atoms:
    """The atoms of one frame."""
    # A plain XYZ comment may be any text, which the extended format would try to parse.
    extended = "Properties=" in text.split("\n", 2)[1]
    return ase.io.read(io.StringIO(text), format="extxyz" if extended else "xyz")


def _info(comment: str) -> dict[str, object]:
    """The scalar `key=value` pairs of a comment line."""
    if "=" not in comment:
        return {}
    info: dict[str, object] = {}
    for key, value in key_val_str_to_dict(comment).items():
        value = value.item() if isinstance(value, np.generic) else value
        if isinstance(value, str | int | float) and f"{key}=" in comment:
            info[key] = value
    name = re.search(rf'\b{c.REACTION_ID}=(?:"((?:[^"\\]|\\.)+)"|([^"\s]+))', comment)
    if name:  # as it is written: 007 is no number here
        info[c.REACTION_ID] = re.sub(r'\\(["\\])', r"\1", name[1] or name[2])
    if info.get(SIDE, REACTANT) not in (REACTANT, TS, PRODUCT):
        raise ValueError(f"side={info[SIDE]} in a comment line; write reactant, product or ts")
    return info

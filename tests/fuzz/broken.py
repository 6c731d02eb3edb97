"""Files of every format that is read, and ways to break them."""

import gzip
import tempfile
from dataclasses import dataclass
from pathlib import Path

import ase.io
import pyarrow.parquet as pq
from ase import Atoms
from ase.db import connect
from conftest import HCN, HNC, reaction_row, reaction_table
from hypothesis import strategies as st

SYMBOLS = ["H", "C", "N"]
SMILES = [
    "[CH2:1]=[CH:2][OH:3]>>[CH3:1][CH:2]=[O:3]",
    "[CH3:1][Cl:2].[OH-:3]>>[CH3:1][OH:3].[Cl-:2]",
    "c1cc[nH]c1>>C1C=CC=N1",
]
CSV = "reaction_id,smiles,family,rank\n" + "".join(
    f'"row {number}",{smiles},"a, b",{number}\n' for number, smiles in enumerate(SMILES)
)
YAML = """template: keto_enol
reaction: >-
  [CH2:1]=[C:2]([*:11])[O:3][H:4] . [*:21][H:5] . [*:22] >>
  [CH2:1]([H:5])[C:2]([*:11])=[O:3] . [*:21] . [*:22][H:4]
substituents:
  R:
    atom: 11
    library: substituents.csv
catalysts:
  catalyst:
    roles: {donor: 21, acceptor: 22}
    library: catalysts.csv
uncatalysed:
  name: none
  reaction: "[CH2:1]=[C:2]([*:11])[O:3][H:4] >> [CH2:1]([H:4])[C:2]([*:11])=[O:3]"
"""
TOKENS = [
    *[b"nan", b"inf", b"-1", b"0", b"99999999999999", b"1e999", b"\0", b"\xff\xfe", b"\n", b"\r"],
    *[b",", b'"', b"'", b">>", b">", b".", b"[", b"]", b"(", b")", b":", b"%", b"@", b"*", b"{"],
    *[b"[[/red]]", b"\x1b[31m", b"../../x", b"&a [*a]", b"!!python/object:os.system", b"null"],
]


def _mol_block(positions, title: str) -> str:
    atoms = [
        f"{x:10.4f}{y:10.4f}{z:10.4f} {symbol:<3} 0  0"
        for symbol, (x, y, z) in zip(SYMBOLS, positions, strict=True)
    ]
    counts = f"{len(atoms):3d}  0  0  0  0  0  0  0  0  0999 V2000"
    return "\n".join([title, "", "", counts, *atoms, "M  END", "$$$$\n"])


def _mol2(positions) -> str:
    atoms = [
        f"{number} {symbol}{number} {x:.4f} {y:.4f} {z:.4f} {symbol} 1 LIG 0.0"
        for number, (symbol, (x, y, z)) in enumerate(zip(SYMBOLS, positions, strict=True), 1)
    ]
    head = ["@<TRIPOS>MOLECULE", "name", "3 2", "SMALL", "NO_CHARGES", "", "@<TRIPOS>ATOM"]
    return "\n".join([*head, *atoms, "@<TRIPOS>BOND", "1 1 2 1", "2 2 3 3", ""])


def whole_files() -> dict[str, bytes]:
    """A file of each format with reactions that can be screened, by its ending."""
    sides = {"reactant": HCN, "product": HNC}
    with tempfile.TemporaryDirectory() as folder:
        table, frames, rows = (Path(folder, f"in{end}") for end in (".parquet", ".xyz", ".db"))
        reactions = [reaction_row(f"b{i}", family="x", rank=i) for i in range(3)]
        pq.write_table(reaction_table(*reactions), table)
        pairs = [
            Atoms(SYMBOLS, positions, info={"reaction_id": f"x{i}", "side": side})
            for i in range(2)
            for side, positions in sides.items()
        ]
        ase.io.write(frames, pairs, format="extxyz")
        with connect(rows) as database:
            for side, positions in sides.items():
                database.write(Atoms(SYMBOLS, positions), reaction_id="d1", side=side)
        made = {file.suffix: file.read_bytes() for file in (table, frames, rows)}
    return {
        **made,
        ".csv": CSV.encode(),
        ".csv.gz": gzip.compress(CSV.encode(), mtime=0),
        ".sdf": (_mol_block(HCN, "a") + _mol_block(HNC, "b")).encode(),
        ".mol2": (_mol2(HCN) + _mol2(HNC)).encode(),
    }


@dataclass(frozen=True)
class Breakage:
    """One thing that is done to a file; places are shares of its length."""

    what: str
    at: float
    to: float
    new: bytes

    def __call__(self, data: bytes) -> bytes:
        """The file after it."""
        start, stop = sorted(int(place * len(data)) for place in (self.at, self.to))
        if self.what == "cut":
            return data[:start]
        if self.what == "twice":
            return data[:stop] + data[start:]
        if self.what == "insert":
            return data[:start] + self.new + data[start:]
        if self.what == "replace":
            return data[:start] + self.new + data[start + len(self.new) :]
        return data[:start] + data[stop:]


def breakages() -> st.SearchStrategy[list[Breakage]]:
    """One to four of them, one after the other."""
    one = st.builds(
        Breakage,
        st.sampled_from(["cut", "twice", "insert", "replace", "leave out"]),
        st.floats(0, 1),
        st.floats(0, 1),
        st.sampled_from(TOKENS) | st.binary(min_size=1, max_size=8),
    )
    return st.lists(one, min_size=1, max_size=4)


def broken(data: bytes, by: list[Breakage]) -> bytes:
    """The file after all of them."""
    for breakage in by:
        data = breakage(data)
    return data

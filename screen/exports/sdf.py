"""SDF: a record for each structure, with bonds."""

from collections.abc import Iterable
from pathlib import Path

from tscreen.actors.smiles.records import sdf_record
from tscreen.schemas import columns as c
from tscreen.screen.exports.frames import Row, frames
from tscreen.screen.inputs.xyz import SIDE, TS
from tscreen.screen.views.shown import visible


def write_sdf(rows: Iterable[Row], file: Path) -> None:
    """Reactants, TSs and products; each record tells its `reaction_id`, `side`, results and tags.

    Bonds of a TS are all single; those of the sides have orders where charge and valences tell.
    """
    with file.open("w") as stream:
        for row in rows:
            for atoms in frames(row):
                told = {visible(n): visible(str(cell)) for n, cell in atoms.info.items()}
                charge = None if atoms.info[SIDE] == TS else row[c.CHARGE]
                stream.write(sdf_record(atoms.numbers, atoms.positions, charge, told))

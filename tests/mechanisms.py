"""Networks of reactions for tests: small tables in the schema of `tscreen explore`."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.schemas.tables import MOLECULE_FIELDS, STEP_FIELDS
from tscreen.schemas.units import ROOM_TEMPERATURE
from tscreen.screen.mechanism.energies import Mechanism, mechanism_at
from tscreen.screen.networks.tables import write_network
from tscreen.screen.storage.location import Location


def molecule(name: str, generation: int = 0, **cells) -> dict:
    """A row of molecules.parquet."""
    here = {c.MOLECULE: name, c.FORMULA: "H2O", c.CHARGE: 0, c.MULTIPLICITY: 1}
    return dict.fromkeys(c.MOLECULE_ROW) | here | {c.GENERATION: generation} | cells


def step(name: str, reactants: str, products: str, barrier: float, energy: float, **cells) -> dict:
    """A row of reactions.parquet: sides as `A + B`, the same numbers for all kinds of energy."""
    forward = dict.fromkeys((c.BARRIER, c.ENTHALPY_BARRIER, c.GIBBS_BARRIER), barrier)
    reaction = (c.REACTION_ENERGY, c.REACTION_ENTHALPY, c.GIBBS_REACTION_ENERGY)
    here = {
        c.REACTION_ID: name,
        c.REACTANTS: reactants.split(" + "),
        c.PRODUCTS: products.split(" + "),
        c.REVERSE_BARRIER: barrier - energy,
        c.VERIFIED: True,
        c.WARNINGS: [],
    }
    return dict.fromkeys(c.STEP_ROW) | forward | dict.fromkeys(reaction, energy) | here | cells


def electronic(*arguments, **cells) -> dict:
    """The same without thermochemistry."""
    return step(*arguments) | dict.fromkeys(c.THERMO) | cells


def tables(molecules: Iterable[dict], steps: Iterable[dict]) -> tuple[pa.Table, pa.Table]:
    return (
        pa.Table.from_pylist(list(molecules), MOLECULE_FIELDS),
        pa.Table.from_pylist(list(steps), STEP_FIELDS),
    )


def mechanism(
    molecules: Iterable[dict], steps: Iterable[dict], temperature: float = ROOM_TEMPERATURE
) -> Mechanism:
    frames = (pl.DataFrame(table) for table in tables(molecules, steps))
    return mechanism_at(*frames, temperature, ROOM_TEMPERATURE)


def write(net: Path, molecules: Iterable[dict], steps: Iterable[dict]) -> Path:
    write_network(Location.at(net), *tables(molecules, steps))
    return net

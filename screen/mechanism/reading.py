"""Read the mechanism of a network from its folder, and find its molecules by SMILES."""

import polars as pl

from tscreen.actors.smiles.mapping import UnbuildableError, without_stereo
from tscreen.schemas.units import ROOM_TEMPERATURE
from tscreen.screen.errors import UsageError
from tscreen.screen.mechanism.energies import Mechanism, mechanism_at
from tscreen.screen.networks.tables import read_molecules, read_steps
from tscreen.screen.storage.location import Location, LocationLike

PLAN = "explore.json"
"""In the folder of a network: with which settings it was explored."""


def read_mechanism(net: LocationLike, temperature: float | None = None) -> Mechanism:
    """The mechanism of a network.

    Args:
        net: folder of the network.
        temperature: K; without one that of the exploration.

    Raises:
        UsageError: the folder holds no network, or its tables cannot be read.
    """
    location = Location.at(net)
    molecules, steps = (pl.DataFrame(read(location)) for read in (read_molecules, read_steps))
    known_at = _explored_at(location)
    return mechanism_at(molecules, steps, temperature or known_at, known_at)


def molecules_of(mechanism: Mechanism, smiles: str) -> list[str]:
    """The names in the network of the molecules of a SMILES, however that is written.

    Raises:
        UsageError: one is not in the network, or the SMILES is none.
    """
    return [_named(mechanism, one) for one in smiles.split(".")]


def _named(mechanism: Mechanism, smiles: str) -> str:
    if smiles in mechanism.gibbs:
        return smiles
    try:
        name = without_stereo(smiles)
    except UnbuildableError as error:
        raise UsageError(str(error)) from error
    if name not in mechanism.gibbs:
        raise UsageError(
            f"'{smiles}' is no molecule of the network; `tscreen network NET` lists those that are"
        )
    return name


def _explored_at(net: Location) -> float:
    """The temperature of the Gibbs energies in the tables, K."""
    file = net / PLAN
    plan = file.read_json() if file.exists() else {}
    return plan.get("of_runs", {}).get("temperature", ROOM_TEMPERATURE)

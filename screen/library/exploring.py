"""Networks of elementary steps, from Python."""

from pathlib import Path
from typing import Any

from tscreen.screen.engine.progress import best_show
from tscreen.screen.networks.asked import CARRIED, Asked


def explore(
    start: str | Path, out: str | Path, *, progress: bool = True, **settings: Any
) -> dict[str, Any]:
    """Grow a network of verified elementary steps from molecules, as `tscreen explore` does.

        tscreen.explore("start.smi", "net", depth=1, max_barrier=60)
        pl.read_parquet("net/reactions.parquet").sort("barrier_kcal_mol")

    A network that was left, or has another depth or budget, goes on where it was left.

    Args:
        start: file of molecules: SMILES (.smi, .csv), .xyz, .sdf or Parquet; a path or a URI.
        out: folder for the network; a path or a URI.
        progress: show it.
        settings: see `Asked`; and those of the searches, such as `level` and `seed`.

    Returns:
        What was done, with the counts of both tables.

    Raises:
        UsageError: the settings cannot be met, or the folder holds another network.
        BrokenOffError: a worker failed for a reason that lies in no row; `explore` again goes on.
        TypeError: there is no such setting.
    """
    from tscreen.screen.networks.explore import explore as explore_network

    of_runs = {name: settings.pop(name) for name in CARRIED if name in settings}
    asked = Asked(start, out, **settings, of_runs=of_runs)
    return explore_network(asked, best_show(json=not progress))

"""Tables of reactions by rule, for `tscreen run`."""

import csv
from collections.abc import Iterable
from pathlib import Path


def write_reactions(path: Path, reactions: Iterable[tuple[str, str]]) -> None:
    """Kinds and atom-mapped SMILES as CSV, each reaction named by its kind and a number."""
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["reaction_id", "smiles", "kind"])
        for number, (kind, smiles) in enumerate(reactions):
            table.writerow([f"{kind}-{number}", smiles, kind])

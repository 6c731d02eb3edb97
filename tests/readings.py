"""What comes of reading a file of reactions."""

import pickle
from pathlib import Path

from tscreen.schemas.validate import validate
from tscreen.screen.inputs.reading import Plan, plan, read_chunk
from tscreen.screen.storage.location import Location


def plan_all(path: Path, **options) -> Plan:
    return plan([Location.at(path)], **{"block_rows": 2, "filter": None, "limit": None, **options})


def read_all(path: Path, **options) -> list[dict]:
    """Every row as validation leaves it."""
    planned = plan_all(path, **options)
    rows = []
    for chunk in planned.chunks:
        table = validate(read_chunk(pickle.loads(pickle.dumps(chunk))), max_atoms=23)
        assert table.num_rows == len(chunk.rows)
        rows += table.to_pylist()
    assert len(rows) == planned.n_rows
    return rows


def verdicts(rows: list[dict]) -> list[tuple]:
    return [(row["reaction_id"], row["reject_code"]) for row in rows]

"""What the page knows of a reaction beyond its values and its three structures.

That is a drawing, the path through its TS, and other structures of the same TS to lay over it:
the generated one where samples were kept, and further saddle points.
"""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from tscreen.actors.drawing.reaction import CELLS as FOR_DRAWING
from tscreen.actors.drawing.reaction import drawing
from tscreen.model.reactions.superposition import proper_rotation
from tscreen.schemas import columns as c
from tscreen.screen.report.structures import UNITS, flat, usable

GENERATED, SADDLES = "generated", "saddles"
"""Columns of `CELLS` that no table has: the best sample of the reaction, and a list of the TSs of
its candidates by rank."""

CELLS = (*FOR_DRAWING, *c.WAY, c.TS_POSITIONS, GENERATED, SADDLES)
"""The columns that the details of a reaction are made of."""

FRAMES = 30
"""Of a path, beside the TS: enough for a smooth picture."""
MOST_SADDLES = 6
DIGITS = 3
SAME = 0.01
"""Å: a structure nearer to the TS is the TS."""


def details(row: Mapping[str, Any]) -> dict[str, Any]:
    """Those of one reaction, for JSON.

    Args:
        row: the `CELLS` of a result, null where there is none.

    Returns:
        `drawing`: SVG or None. `path`: None, or `energies` in kcal/mol above the TS and `lengths`
        of the way in Å for each of its `frames`, of which `ts` is the TS. `others`: `name`, `rmsd`
        from the TS in Å and `frames`, of one structure, laid over the TS.
    """
    ts = usable(row[c.TS_POSITIONS], len(row[c.ATOMIC_NUMBERS] or []))
    anchor = None if ts is None else flat(ts)
    return {
        "drawing": drawing(row),
        "path": None if anchor is None else _path(row, anchor),
        "others": [] if anchor is None else _others(row, anchor),
    }


def packed_frames(frames: np.ndarray) -> str:
    """Structures (F, N, 3) in Å as base64: a little-endian float32, the unit, and int16 numbers."""
    unit = float(np.abs(frames).max(initial=1.0)) / UNITS
    raw = np.array(unit, "<f4").tobytes() + np.rint(frames / unit).astype("<i2").tobytes()
    return base64.b64encode(raw).decode()


def _path(row: Mapping[str, Any], anchor: np.ndarray) -> dict[str, Any] | None:
    if row[c.PATH_POSITIONS] is None:
        return None
    frames = np.asarray(row[c.PATH_POSITIONS], float)
    energies = np.asarray(row[c.PATH_ENERGIES], float)
    if frames.shape[1:] != anchor.shape or not np.isfinite(frames).all():
        return None
    at_ts = row[c.PATH_TS]
    steps = np.linalg.norm(np.diff(frames, axis=0), axis=(1, 2))
    lengths = np.concatenate([[0.0], np.cumsum(steps)])
    kept = np.unique([*np.linspace(0, len(frames) - 1, FRAMES).round().astype(int), at_ts])
    turned = (frames - frames[at_ts].mean(0)) @ _turn(frames[at_ts], anchor)
    return {
        "energies": [
            round(energy, DIGITS) if np.isfinite(energy) else None
            for energy in energies[kept].tolist()
        ],
        "lengths": (lengths[kept] - lengths[at_ts]).round(DIGITS).tolist(),
        "ts": kept.tolist().index(at_ts),
        "frames": packed_frames(turned[kept]),
    }


def _others(row: Mapping[str, Any], anchor: np.ndarray) -> list[dict[str, Any]]:
    saddles = list(row[SADDLES] or [])[:MOST_SADDLES]
    named = {"generated TS": row[GENERATED]} | {
        f"saddle point {rank}": positions for rank, positions in enumerate(saddles, 1)
    }
    found = ((name, usable(cell, len(anchor))) for name, cell in named.items())
    laid = [_laid_over(name, at, anchor) for name, at in found if at is not None]
    return [other for other in laid if other["rmsd"] > SAME]


def _laid_over(name: str, positions: np.ndarray, anchor: np.ndarray) -> dict[str, Any]:
    laid = (positions - positions.mean(0)) @ _turn(positions, anchor)
    rmsd = float(np.sqrt(((laid - anchor) ** 2).sum(1).mean()))
    return {"name": name, "rmsd": round(rmsd, DIGITS), "frames": packed_frames(laid[None])}


def _turn(positions: np.ndarray, anchor: np.ndarray) -> np.ndarray:
    return proper_rotation(positions - positions.mean(0), anchor)

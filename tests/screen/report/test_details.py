"""The path through a TS and the structures that are laid over it."""

import base64
import struct

import numpy as np
import pytest
from conftest import HCN, HNC
from hypothesis import given, settings
from hypothesis import strategies as st
from report_runs import TS, result
from scipy.spatial.transform import Rotation

from tscreen.schemas import columns as c
from tscreen.screen.report.details import CELLS, FRAMES, GENERATED, SADDLES, details
from tscreen.screen.report.structures import flat

N_FRAMES, AT_TS = 50, 20


def decoded(frames: str) -> np.ndarray:
    """Packed frames (F, 3, 3), read as their description says."""
    raw = base64.b64decode(frames)
    (unit,) = struct.unpack("<f", raw[:4])
    return unit * np.frombuffer(raw[4:], "<i2").reshape(-1, 3, 3)


def path() -> np.ndarray:
    """From HCN over the TS to HNC."""
    down = np.linspace(HCN, TS, AT_TS + 1)
    return np.concatenate([down, np.linspace(TS, HNC, N_FRAMES - AT_TS)[1:]])


def cells_of(**cells) -> dict:
    energies = np.concatenate([np.linspace(-40, 0, AT_TS + 1), np.linspace(0, -20, 30)[1:]])
    here = {c.PATH_POSITIONS: path(), c.PATH_ENERGIES: energies, c.PATH_TS: AT_TS}
    return dict.fromkeys(CELLS) | result("a") | here | cells


def test_a_path_keeps_its_ends_its_ts_and_their_energies():
    found = details(cells_of())["path"]
    frames = decoded(found["frames"])
    assert FRAMES <= len(frames) <= FRAMES + 1
    assert len(frames) == len(found["energies"]) == len(found["lengths"])
    np.testing.assert_allclose(frames[found["ts"]], flat(np.array(TS)), atol=1e-3)
    for frame, positions in ((0, HCN), (-1, HNC)):
        gaps = [np.linalg.norm(one[:, None] - one, axis=-1) for one in (frames[frame], positions)]
        np.testing.assert_allclose(*gaps, atol=1e-3)
    assert [found["energies"][k] for k in (0, found["ts"], -1)] == [-40.0, 0.0, -20.0]
    assert found["lengths"][0] == pytest.approx(-np.linalg.norm(np.subtract(HCN, TS)), abs=1e-3)
    assert found["lengths"][found["ts"]] == 0.0
    assert np.all(np.diff(found["lengths"]) > 0)


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=20)
def test_where_and_how_structures_lie_changes_no_picture(seed):
    rng = np.random.default_rng(seed)
    turns = Rotation.random(2, rng=rng)
    moves = rng.normal(0, 20, (2, 3))
    generated = np.add(TS, rng.normal(0, 0.1, (3, 3)))
    plain = details(cells_of(**{GENERATED: generated}))
    moved_path = np.array([turns[0].apply(frame) + moves[0] for frame in path()])
    moved = details(
        cells_of(**{c.PATH_POSITIONS: moved_path, GENERATED: turns[1].apply(generated) + moves[1]})
    )
    for one, other in ((plain["path"], moved["path"]), (plain["others"][0], moved["others"][0])):
        np.testing.assert_allclose(decoded(one["frames"]), decoded(other["frames"]), atol=2e-3)
    assert plain["others"][0]["rmsd"] == pytest.approx(moved["others"][0]["rmsd"], abs=1e-3)


def test_saddle_points_have_their_ranks_and_the_ts_is_not_laid_over_itself():
    bent = np.add(TS, [[0.3, 0.0, 0.2], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    turned = Rotation.from_euler("x", 1.0).apply(TS)
    found = details(cells_of(**{GENERATED: turned, SADDLES: [turned.tolist(), bent.tolist()]}))
    assert [other["name"] for other in found["others"]] == ["saddle point 2"]


@pytest.mark.parametrize(
    "cells",
    [
        {c.PATH_POSITIONS: None},
        {c.PATH_POSITIONS: path()[:, :2]},
        {c.PATH_POSITIONS: np.full((N_FRAMES, 3, 3), np.nan)},
        {c.TS_POSITIONS: None, GENERATED: TS},
        {c.ATOMIC_NUMBERS: None},
    ],
)
def test_a_path_that_is_missing_or_of_other_atoms_is_left_out(cells):
    found = details(cells_of(**cells))
    assert (found["path"], found["others"]) == (None, [])

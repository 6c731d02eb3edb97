from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase import Atoms
from conftest import HCN, HNC
from readings import plan_all, read_all, verdicts

from tscreen.screen.errors import UsageError

NUMBERS = [1, 6, 7]


def frame(positions: np.ndarray, numbers: list[int] = NUMBERS, **info) -> Atoms:
    return Atoms(numbers, positions, info=info)


def both(**info) -> list[Atoms]:
    return [frame(HCN, side="reactant", **info), frame(HNC, side="product", **info)]


def write(path: Path, *frames: Atoms) -> Path:
    ase.io.write(path, list(frames), format="extxyz")
    return path


def test_sides_are_paired_by_the_comment_line_in_any_order(tmp_path):
    a, b = both(reaction_id="a", family="iso"), both(reaction_id="b", family="iso")
    rows = read_all(write(tmp_path / "in.extxyz", a[1], b[0], b[1], a[0]))
    assert verdicts(rows) == [("a", None), ("b", None)]
    for row in rows:
        assert row["atomic_numbers"] == NUMBERS
        np.testing.assert_allclose(row["reactant_positions"], HCN, atol=1e-6)
        np.testing.assert_allclose(row["product_positions"], HNC, atol=1e-6)
        assert (row["charge"], row["multiplicity"], row["family"]) == (0, 1, "iso")
        assert "side" not in row


def test_consecutive_frames_of_a_plain_file_are_pairs(tmp_path):
    for i, positions in enumerate([HCN, HNC] * 2):
        ase.io.write(
            tmp_path / f"{i}.tmp", frame(positions), format="xyz", comment=f"step {i} E -3"
        )
    text = "".join((tmp_path / f"{i}.tmp").read_text() for i in range(4))
    (tmp_path / "scan.xyz").write_text(text)
    rows = read_all(tmp_path / "scan.xyz")
    assert verdicts(rows) == [("scan-0", None), ("scan-1", None)]
    assert [row["source_row"] for row in rows] == [0, 2]
    np.testing.assert_allclose(rows[1]["product_positions"], HNC, atol=1e-6)


def test_the_file_names_of_a_folder_tell_reaction_and_side(tmp_path):
    write(tmp_path / "iso_product.xyz", frame(HNC))
    write(tmp_path / "iso_reactant.xyz", frame(HCN))
    write(tmp_path / "back_r.xyz", frame(HNC))
    write(tmp_path / "back_p.xyz", frame(HCN))
    rows = read_all(tmp_path)
    assert verdicts(rows) == [("back", None), ("iso", None)]
    np.testing.assert_allclose(rows[0]["reactant_positions"], HNC, atol=1e-6)
    np.testing.assert_allclose(rows[1]["reactant_positions"], HCN, atol=1e-6)
    assert rows[1]["source"].endswith("iso_reactant.xyz")


def test_an_id_is_kept_as_it_is_written(tmp_path):
    text = "2\nreaction_id=007 side={}\nH 0 0 0\nH 0 0 0.74\n"
    (tmp_path / "in.xyz").write_text(text.format("reactant") + text.format("product"))
    assert verdicts(read_all(tmp_path / "in.xyz")) == [("007", None)]


def test_separate_molecules_become_fragments(tmp_path):
    apart = HCN + np.array([[0, 0, -5], [0, 0, 0], [0, 0, 0]])
    numbers = [1, 6, 7]
    path = write(tmp_path / "in.xyz", frame(HCN, numbers), frame(apart, numbers))
    (row,) = read_all(path)
    assert row["reactant_fragments"] == [0, 0, 0]
    assert row["product_fragments"] == [0, 1, 1]


def test_charge_and_multiplicity_come_from_the_comment_or_fit_the_electrons(tmp_path):
    frames = [
        *both(reaction_id="ion", charge=-1),
        *both(reaction_id="triplet", multiplicity=3),
        *both(reaction_id="wrong", charge=1, multiplicity=1),
        *both(reaction_id="text", charge="plus"),
    ]
    rows = read_all(write(tmp_path / "in.xyz", *frames))
    assert [(row["charge"], row["multiplicity"]) for row in rows[:3]] == [(-1, 2), (0, 3), (1, 1)]
    assert [row["reject_code"] for row in rows] == [None, None, "electron_count", "wrong_type"]


def test_bad_pairs_are_rejected_and_their_neighbours_are_not(tmp_path):
    nan = HCN.copy()
    nan[0, 0] = np.nan
    frames = [
        *both(reaction_id="good"),
        both(reaction_id="alone")[0],
        frame(HCN, side="reactant", reaction_id="swapped"),
        frame(HNC, [6, 1, 8], side="product", reaction_id="swapped"),
        frame(HCN, side="reactant", reaction_id="longer"),
        frame(np.vstack([HNC, [9, 9, 9]]), [1, 6, 7, 1], side="product", reaction_id="longer"),
        frame(nan, side="reactant", reaction_id="nan"),
        frame(HNC, side="product", reaction_id="nan"),
        *both(reaction_id="good"),
        *both(reaction_id="last"),
    ]
    rows = read_all(write(tmp_path / "in.xyz", *frames))
    assert sorted(verdicts(rows), key=str) == sorted([
        ("good", None),
        ("good", "duplicate_id"),
        ("alone", "missing_side"),
        ("swapped", "elements_differ"),
        ("longer", "lengths_differ"),
        ("nan", "not_finite"),
        ("last", None),
    ], key=str)  # fmt: skip
    messages = {row["reaction_id"]: row["reject_message"] for row in rows}
    assert "there is no product" in messages["alone"]
    assert "atom 0" in messages["swapped"]


def test_a_frame_that_cannot_be_read_rejects_its_pair_only(tmp_path):
    good = "2\nreaction_id={} side={}\nH 0 0 0\nH 0 0 0.74\n"
    text = "".join(good.format(name, side) for name in "abc" for side in ("reactant", "product"))
    lines = text.splitlines()
    lines[2] = "Qq 0 0 0"
    lines[10] = "H 0 zero 0"
    (tmp_path / "in.xyz").write_text("\n".join(lines))
    assert verdicts(read_all(tmp_path / "in.xyz", block_rows=9)) == [
        ("a", "unknown_element"), ("b", "unreadable_file"), ("c", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["hello\n", "3\ncomment\nH 0 0 0\n", "1\nside=middle\nH 0 0 0\n", "1\n\xe9\xff\nH 0 0 0\n"],
)
def test_a_file_that_is_not_xyz_is_one_rejected_row(tmp_path, text):
    (tmp_path / "in.xyz").write_bytes(text.encode("latin-1"))
    assert verdicts(read_all(tmp_path / "in.xyz")) == [(None, "unreadable_file")]


def test_an_empty_xyz_file_is_an_empty_table(tmp_path):
    (tmp_path / "in.xyz").write_text("\n")
    assert verdicts(read_all(tmp_path / "in.xyz")) == [(None, "empty_table")]


def test_pairs_are_filtered_by_what_the_comment_lines_say(tmp_path):
    frames = [*both(reaction_id="a", split="val"), *both(reaction_id="b", split="train")]
    path = write(tmp_path / "in.xyz", *frames)
    assert verdicts(read_all(path, filter="split = 'train'")) == [("b", None)]
    with pytest.raises(UsageError, match="choose from"):
        plan_all(path, filter="nothing = 1")


def test_frames_of_transition_states_are_passed_over(tmp_path):
    reactant, product = both(reaction_id="a")
    state = frame((HCN + HNC) / 2, side="ts", reaction_id="a", barrier_kcal_mol=40.0)
    rows = read_all(write(tmp_path / "in.extxyz", reactant, state, product))
    assert verdicts(rows) == [("a", None)]
    np.testing.assert_allclose(rows[0]["product_positions"], HNC, atol=1e-6)
    assert "input_barrier_kcal_mol" not in rows[0]
    rows = read_all(write(tmp_path / "states.extxyz", state))
    assert verdicts(rows) == [(None, "empty_table")]


@pytest.mark.parametrize("name", ["two words", 'say "so"', "back\\slash", "a=b", "007", "Ä"])
def test_any_name_of_a_reaction_survives_an_xyz_file(tmp_path, name):
    rows = read_all(write(tmp_path / "in.extxyz", *both(reaction_id=name)))
    assert verdicts(rows) == [(name, None)]

"""A committee learns that the force at stationary points of the reference is zero."""

import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import reaction_row, reaction_table

from tscreen.model.correction.card import CARD, read_correction_card, write_correction_card
from tscreen.model.correction.committee import Committee, load_committee
from tscreen.model.correction.network import CorrectionConfig
from tscreen.model.correction.refined import BarrierError
from tscreen.model.correction.structures import pad
from tscreen.model.correction.training import fitting
from tscreen.model.correction.training.calibration import fit_error
from tscreen.model.correction.training.continuing import begun_from
from tscreen.model.correction.training.fitting import CorrectionData, train_committee
from tscreen.model.correction.training.stationary import (
    Head,
    LabelledReaction,
    StationaryPoint,
    labelled,
    read_points,
    why_unusable,
    write_points,
)
from tscreen.model.correction.training.trainer import (
    CorrectionTrainer,
    member_errors,
)
from tscreen.model.reactions.batch import prepare
from tscreen.model.reactions.data import DataSplit, ReferenceReaction
from tscreen.schemas.reaction import reactions_of
from tscreen.schemas.units import KCAL_MOL

LEVEL, OTHER = LEVELS = "a level, with ZPE", "another level"
HEAD = Head(LEVEL, 0, 1)
SMALL = CorrectionConfig(channels=16, message_channels=8, n_radial=5, n_outputs=2)


def molecule(reaction_id: str, role: str, seed: int) -> StationaryPoint:
    """Three atoms in a row that GFN2-xTB would pull apart by a force of their distance alone."""
    rng = np.random.default_rng(seed)
    x = np.array([[0, 0, 0], [1.1, 0, 0], [2.3, 0, 0]]) + rng.normal(0, 0.05, (3, 3))
    x[2, 1] += 1.0 if role == "ts" else 0.0
    unit = (x[1] - x[0]) / np.linalg.norm(x[1] - x[0])
    forces = np.array([-unit, unit, 0 * unit]) * (1.2 - np.linalg.norm(x[1] - x[0]))
    return StationaryPoint(
        reaction_id,
        role,
        np.array([1, 6, 7], np.uint8),
        x.astype(np.float32),
        0,
        1,
        -3.0 if role == "ts" else -5.0,
        forces.astype(np.float32),
    )


def reaction(seed: int) -> LabelledReaction:
    name = f"r{seed}"
    points = [molecule(name, role, 3 * seed + k) for k, role in enumerate(("ts", "reactant"))]
    found = labelled(name, "table", LEVEL, 50.0, points)
    assert found is not None
    return found


@pytest.fixture
def rows() -> list[LabelledReaction]:
    return [reaction(seed) for seed in range(24)]


@pytest.fixture
def trainer(rows, tmp_path) -> CorrectionTrainer:
    return CorrectionTrainer(rows, rows, [HEAD], tmp_path, max_minutes=5.0, config=SMALL)


def test_the_barrier_to_learn_is_the_reference_less_gfn2(rows):
    assert rows[0].gfn2_barrier == pytest.approx(2.0)
    assert rows[0].barrier == pytest.approx(50.0 * KCAL_MOL - 2.0)


def test_a_reaction_whose_gfn2_calculation_failed_is_left_out():
    ts, reactant = molecule("r", "ts", 0), molecule("r", "reactant", 1)
    lost = replace(reactant, energy=float("nan"))
    assert labelled("r", "table", LEVEL, 50.0, [ts, reactant]) is not None
    assert labelled("r", "table", LEVEL, 50.0, [ts, lost]) is None


def test_a_level_without_zero_point_energy_has_none_to_learn():
    points = [replace(molecule("r", role, 0), zero_point=0.1) for role in ("ts", "reactant")]
    points[1] = replace(points[1], zero_point=0.4)
    zero_points = [labelled("r", "table", level, 50.0, points).zero_point for level in LEVELS]
    assert zero_points == pytest.approx([-0.3, 0.0])


def test_the_barrier_of_what_is_no_saddle_point_is_electronic():
    one = reaction(0)
    points = [one.ts, *one.reactant]
    first, other = (labelled("r", "t", level, 50.0, points, has_ts=False) for level in LEVELS)
    assert (first.electronic, other.electronic) == (True, False)  # all of the other level are
    assert np.isnan(first.zero_point)
    assert other.zero_point == 0.0


def test_electronic_barriers_say_nothing_of_the_zero_point_part(trainer, rows):
    for electronic in (False, True):
        told = [replace(row, zero_point=np.nan, electronic=electronic) for row in rows[:8]]
        trainer.network.zero_grad()
        trainer.loss(told, torch.Generator()).backward()
        of_first, of_second = trainer.network.out.weight.grad.norm(dim=1)
        assert of_first > 0
        assert (of_second == 0) == electronic


def with_product(seed: int, energy: float | None, gfn2: float = -5.5) -> LabelledReaction:
    product = molecule(f"r{seed}", "product", 3 * seed + 2)
    # Other bonds than the reactant's, so that its energy can be another.
    product = replace(product, energy=gfn2, positions=1.6 * product.positions)
    one = reaction(seed)
    points = [one.ts, *one.reactant, product]
    found = labelled(one.reaction_id, "table", LEVEL, 50.0, points, reaction_energy_kcal_mol=energy)
    assert found is not None
    return found


def test_the_reaction_energy_to_learn_is_the_reference_less_gfn2():
    assert with_product(0, -10.0).reaction_energy == pytest.approx(0.5 - 10.0 * KCAL_MOL)
    assert np.isnan(with_product(0, None).reaction_energy)
    assert np.isnan(with_product(0, -10.0, gfn2=float("nan")).reaction_energy)
    without = labelled("r", "table", LEVEL, 50.0, [reaction(0).ts, *reaction(0).reactant])
    assert np.isnan(without.reaction_energy)


def test_steps_lower_the_error_of_reaction_energies_where_they_are_known(trainer):
    rows = [with_product(seed, -20.0 if seed % 4 == 0 else None) for seed in range(8)]
    before = member_errors([trainer.network], rows, [HEAD])
    for _ in range(200):
        trainer.step(rows)
    after = member_errors([trainer.network], rows, [HEAD])
    assert before["reaction_energy"] == pytest.approx(before["gfn2_reaction_energy"], rel=1e-3)
    assert after["reaction_energy"][0] < 0.3 * before["reaction_energy"][0]


def test_labels_come_back_from_parquet_as_they_were(tmp_path):
    point = molecule("r", "product", 4)
    write_points([point], tmp_path / "labels.parquet")
    (back,) = read_points(tmp_path / "labels.parquet")["r"]
    assert (back.role, back.energy, back.charge) == ("product", -5.0, 0)
    np.testing.assert_array_equal(back.positions, point.positions)
    np.testing.assert_array_equal(back.forces, point.forces)


def test_steps_lower_the_errors_of_forces_and_barrier(trainer, rows):
    rows = rows[:8]
    before = member_errors([trainer.network], rows, [HEAD])
    for _ in range(130):
        trainer.step(rows)
    after = member_errors([trainer.network], rows, [HEAD])
    assert before["ts"] == pytest.approx(before["gfn2_ts"], rel=1e-3)  # it starts at zero
    assert after["ts"][0] < 0.7 * before["ts"][0]
    assert after["barrier"][0] < 0.7 * before["barrier"][0]


def test_rows_of_a_small_table_take_part_more_often(rows, tmp_path):
    many = [replace(rows[k % len(rows)], table="large") for k in range(200)]
    few = [replace(row, table="small") for row in rows[:4]]
    trainer = CorrectionTrainer([*many, *few], [], [HEAD], tmp_path, max_minutes=5.0)
    drawn = [index for batch in trainer.epoch(0) for index in batch]
    counts = np.bincount(drawn, minlength=len(many) + len(few))
    assert (counts[:200] == 1).all()
    assert (counts[200:] == 3).all()  # that is as much as makes them a twentieth


def test_a_resumed_run_goes_on_as_if_it_had_never_stopped(trainer, rows, tmp_path):
    trainer.step(rows)
    trainer.save()
    other = CorrectionTrainer(rows, rows, [HEAD], tmp_path, max_minutes=5.0)
    other.resume()
    assert other.progress == trainer.progress
    for one in (trainer, other):
        one.step(rows)
    for a, b in zip(trainer.network.parameters(), other.network.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_training_ends_with_its_budget_and_leaves_a_curve(trainer, tmp_path):
    trainer.max_minutes = 0.03
    trainer.validate_every_minutes = 0.01
    trainer.train()
    points = [
        json.loads(line) for line in (tmp_path / "correction-0.jsonl").read_text().splitlines()
    ]
    assert points[-1]["step"] == trainer.progress.step > 0
    assert set(points[-1]["val"]["table"]) >= {"ts", "reactant", "barrier", "gfn2_ts"}


def test_a_committee_is_written_with_limits_from_unseen_rows(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "MEMBERS", 2)
    data = CorrectionData(rows[:16], rows[16:20], rows[20:], [HEAD])
    told = []
    card = train_committee(
        data, tmp_path, minutes=0.04, watch=lambda name, done: told.append((name, done))
    )
    assert card == load_committee(tmp_path).card
    (level,) = card.levels
    assert level.elements == {1, 6, 7}
    assert level.covers([1, 6, 7], 0, 1)
    assert not level.covers([1, 6, 7], 1, 1)
    assert not level.covers([1, 6, 8], 0, 1)
    assert not level.covers([1, 6, 7, 1], 0, 1)
    assert np.isfinite([level.force_limit, level.barrier_limit]).all()
    assert card.metrics["table"]["ts"][0] < card.metrics["table"]["gfn2_ts"][0]
    assert {name for name, _ in told} == {
        "training the correction, 1 of 2",
        "training the correction, 2 of 2",
    }
    assert told[-1][1] == 1.0


def test_members_are_trained_beside_each_other_in_processes(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "MEMBERS", 2)
    data = CorrectionData(rows[:16], rows[16:20], rows[20:], [HEAD])
    told = []
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, spawning) as pool:
        card = train_committee(
            data, tmp_path, minutes=0.04, pool=pool, watch=lambda *one: told.append(one)
        )
    assert card.training["minutes"] == [0.0, 0.0]
    assert min(card.training["steps"]) > 0
    assert {name for name, _ in told} == {"training the correction, 2 networks beside each other"}
    assert told[-1][1] == 1.0


def test_each_electronic_state_has_a_read_out_of_its_own(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "MEMBERS", 1)
    ion = Head(LEVEL, -1, 1)
    charged = [replace(row, ts=replace(row.ts, charge=-1)) for row in rows[:8]]
    data = CorrectionData([*rows[8:], *charged], rows[:4], rows[:4], [HEAD, ion])
    card = train_committee(data, tmp_path, minutes=0.02)
    assert [(one.name, *one.states) for one in card.levels] == [(LEVEL, (0, 1)), (LEVEL, (-1, 1))]
    assert [one.output for one in card.levels] == [0, 1]
    assert card.level_of([1, 6, 7], -1, 1) == 1


def test_the_level_with_the_most_rows_of_a_change_is_taken(start):
    (level,) = start.card.levels
    often, seldom, unknown = (
        replace(level, changes=seen) for seen in ({"C-H | C-N": 5}, {"C-H | C-N": 2}, {})
    )
    for levels, change, expected in (
        ([seldom, often], "C-H | C-N", 1),
        ([often, seldom], "C-H | C-N", 0),
        ([seldom, often], "H-N | C-N", 0),  # none has seen it
        ([seldom, often], None, 0),
        ([unknown, seldom], "C-H | C-N", 1),
        ([seldom, unknown], "H-N | C-N", 1),  # it may have
        ([often, replace(seldom, calibration={"gain": 0.0})], "C-H | C-N", 1),
    ):
        assert replace(start.card, levels=levels).level_of([1, 6, 7], 0, 1, change) == expected


def test_rows_without_a_barrier_teach_geometries_and_are_no_reason_to_take_a_level(rows, tmp_path):
    geometries = [replace(row, barrier=float("nan"), change="C-H | C-N") for row in rows[:8]]
    others = [replace(row, change="H-N | C-N") for row in rows[8:16]]
    data = CorrectionData([*geometries, *others], rows[16:20], rows[20:], [HEAD])
    (level,) = train_committee(data, tmp_path, minutes=0.01).levels
    assert level.changes == {"H-N | C-N": 8}


def test_intervals_hold_nine_in_ten_errors_of_a_spread_like_that():
    rng = np.random.default_rng(0)
    spread = rng.uniform(0.1, 3.0, 400)
    error = np.abs(rng.normal(0, 2 * spread))
    found = fit_error(spread[:200], error[:200])
    held = error[200:] < found.interval * found.expected(spread[200:])
    assert 0.84 < held.mean() < 0.96
    assert found.expected(3.0) > 2 * found.expected(0.3)


def test_a_level_with_many_validation_rows_knows_the_error_of_its_barriers(rows, tmp_path):
    data = CorrectionData(rows, rows[:4], [reaction(seed) for seed in range(100, 220)], [HEAD])
    card = train_committee(data, tmp_path, minutes=0.03)
    error = BarrierError(**card.levels[0].barrier_error)
    assert 0 < error.interval < np.inf
    few = CorrectionData(rows, rows[:4], rows[:4], [HEAD])
    assert not train_committee(few, tmp_path / "few", minutes=0.03).levels[0].barrier_error


def test_a_level_with_reaction_energies_of_validation_rows_knows_their_error(rows, tmp_path):
    known = [with_product(seed, -20.0) for seed in range(100, 160)]
    data = CorrectionData(rows, rows[:4], known, [HEAD])
    (level,) = train_committee(data, tmp_path / "known", minutes=0.01).levels
    # They are hardly trained, so it is what GFN2-xTB is off by, which is the same for all.
    assert level.reaction_error == pytest.approx(abs(known[0].reaction_energy) / KCAL_MOL, rel=0.5)
    data = CorrectionData(rows, rows[:4], [*rows, *known[:10]], [HEAD])
    (level,) = train_committee(data, tmp_path / "few", minutes=0.01).levels
    assert level.reaction_error == 0.0


def test_training_of_a_committee_goes_on_where_it_was_left(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "MEMBERS", 1)
    data = CorrectionData(rows, rows[:4], rows[:4], [HEAD])
    first = train_committee(data, tmp_path, minutes=0.02)
    again = train_committee(data, tmp_path, minutes=0.02)
    assert again.training["steps"] == first.training["steps"]
    assert again.sha256 == first.sha256


@pytest.mark.parametrize("known", [True, False])
def test_members_may_disagree_by_half_of_what_gfn2_is_off_by(rows, start, known):
    error, force = 40.0, 30.0  # kcal/mol and eV/Å, far beyond what the members disagree by
    unseen = [
        replace(
            row,
            barrier=-error * KCAL_MOL if known else np.nan,
            ts=replace(row.ts, forces=np.eye(len(row.ts.numbers), 3) * force),
        )
        for row in rows[16:20]
    ]
    usual = fitting._limited(start, 0, rows[16:20])
    level = fitting._limited(start, 0, unseen)
    assert level.force_limit == pytest.approx(force / 2)
    if known:
        assert level.barrier_limit == pytest.approx(error / 2)
    else:
        assert level.barrier_limit < usual.barrier_limit + 1e-9


@pytest.fixture
def start(rows, tmp_path, monkeypatch) -> Committee:
    monkeypatch.setattr(fitting, "MEMBERS", 2)
    data = CorrectionData(rows[:16], rows[16:20], rows[20:], [HEAD])
    train_committee(data, tmp_path / "start", minutes=0.02)
    found = load_committee(tmp_path / "start")
    found.card.training["calibration_rows"] = {LEVEL: 7}
    return found


def another(rows: list[LabelledReaction], table: str = "another") -> CorrectionData:
    rows = [replace(row, table=table, level=OTHER) for row in rows]
    return CorrectionData(rows[:16], rows[16:20], rows[20:], [Head(OTHER, 0, 1)])


def test_a_committee_that_goes_on_from_another_keeps_its_levels(start, rows, tmp_path):
    card = train_committee(another(rows), tmp_path / "both", minutes=0.01, start=start)
    both = load_committee(tmp_path / "both")
    assert [(level.name, level.group, level.output) for level in card.levels] == [
        (OTHER, 0, 0),
        (LEVEL, 1, 0),
    ]
    ts = rows[0].ts
    np.testing.assert_array_equal(
        both.opinion(ts.numbers, ts.positions, 1).electronic,
        start.opinion(ts.numbers, ts.positions, 0).electronic,
    )
    assert (
        both.evaluator(ts.numbers, 1)(ts.positions)[0]
        != both.evaluator(ts.numbers, 0)(ts.positions)[0]
    )
    assert set(card.metrics) == {"table", "another"}
    assert card.training["init"]["version"] == start.card.version
    assert card.training["calibration_rows"] == {LEVEL: 7}


def test_a_level_that_is_learnt_anew_takes_the_place_of_the_old_one(start, rows, tmp_path):
    data = CorrectionData(rows[:16], rows[16:20], rows[20:], [HEAD])
    card = train_committee(data, tmp_path / "anew", minutes=0.01, start=start)
    assert [(level.name, level.group) for level in card.levels] == [(LEVEL, 0)]
    assert len(load_committee(tmp_path / "anew").groups) == 1
    assert card.training["calibration_rows"] == {}  # of the old one


def test_the_oldest_group_learnt_anew_stays_the_one_that_others_begin_from(start, rows, tmp_path):
    train_committee(another(rows), tmp_path / "both", minutes=0.01, start=start)
    both = load_committee(tmp_path / "both")
    data = CorrectionData(rows[:16], rows[16:20], rows[20:], [HEAD])
    card = train_committee(data, tmp_path / "anew", minutes=0.01, start=both)
    assert [(level.name, level.group) for level in card.levels] == [(OTHER, 0), (LEVEL, 1)]
    ts, anew = rows[0].ts, load_committee(tmp_path / "anew")
    said = [one.opinion(ts.numbers, ts.positions, 0).electronic for one in (anew, both)]
    np.testing.assert_array_equal(*said)
    expected = anew.opinion(ts.numbers, ts.positions, 1).electronic[0]
    begun = begun_from(anew, 0, [HEAD])(pad([ts.numbers], [ts.positions])).detach().numpy()[0, 0]
    assert begun == pytest.approx(expected, abs=1e-6)


def test_a_level_keeps_its_reach_where_it_learns_from_smaller_molecules(start, rows, tmp_path):
    (old,) = start.card.levels
    far = replace(old, max_atoms=90)
    other = replace(far, name=OTHER, max_atoms=50, group=0)
    newest = Committee(
        replace(start.card, levels=[other, replace(far, group=1)]), [*start.groups, *start.groups]
    )
    data = CorrectionData(rows[:16], rows[16:20], rows[20:], [HEAD])
    card = train_committee(data, tmp_path / "anew", minutes=0.01, start=newest)
    assert [(one.name, one.max_atoms) for one in card.levels] == [(OTHER, 50), (LEVEL, 90)]
    card = train_committee(another(rows), tmp_path / "other", minutes=0.01, start=newest)
    assert [(one.name, one.max_atoms) for one in card.levels] == [(OTHER, 50), (LEVEL, 90)]
    alone = replace(start, card=replace(start.card, levels=[far]))
    card = train_committee(another(rows), tmp_path / "alone", minutes=0.01, start=alone)
    assert [(one.name, one.max_atoms) for one in card.levels] == [(OTHER, 90), (LEVEL, 90)]
    small = replace(newest, card=replace(newest.card, levels=[other, replace(old, group=1)]))
    card = train_committee(another(rows), tmp_path / "small", minutes=0.01, start=small)
    assert [(one.name, one.max_atoms) for one in card.levels] == [
        (OTHER, 50),
        (LEVEL, old.max_atoms),
    ]


def test_a_level_that_is_learnt_for_ions_stays_as_it_was_for_molecules(start, rows, tmp_path):
    ions = [replace(row, ts=replace(row.ts, charge=1)) for row in rows]
    data = CorrectionData(ions[:16], ions[16:20], ions[20:], [Head(LEVEL, 1, 1)])
    card = train_committee(data, tmp_path / "ions", minutes=0.01, start=start)
    found = [(level.name, *level.states, level.group) for level in card.levels]
    assert found == [(LEVEL, (1, 1), 0), (LEVEL, (0, 1), 1)]


def test_a_level_that_is_learnt_on_begins_from_its_own_networks(start, rows):
    (level,) = start.card.levels
    own = [{name: 2 * array for name, array in one.items()} for one in start.groups[0]]
    levels = [replace(level, name=OTHER), replace(level, group=1)]
    both = Committee(replace(start.card, levels=levels), [own, start.groups[0]])
    for head, member in ((Head(OTHER, 0, 1), own[1]), (HEAD, start.groups[0][1])):
        network = begun_from(both, 1, [head])
        for name, array in network.state_dict().items():
            np.testing.assert_array_equal(array, member[name])


def test_elements_that_its_own_networks_have_not_seen_begin_as_another_group_has_them(start):
    (level,) = start.card.levels
    sulfur, unknown = 16, 17
    own = [{name: 2 * array for name, array in one.items()} for one in start.groups[0]]
    levels = [
        replace(level, name=OTHER, elements=level.elements | {sulfur}),
        replace(level, group=1),
    ]
    both = Committee(replace(start.card, levels=levels), [own, start.groups[0]])
    weights = begun_from(both, 1, [HEAD]).state_dict()
    for name in ("embed.weight", "first.send.weight"):
        mine = start.groups[0][1][name]
        np.testing.assert_array_equal(weights[name][sulfur], own[1][name][sulfur])
        np.testing.assert_array_equal(weights[name][unknown], mine[unknown])
        np.testing.assert_array_equal(weights[name][:sulfur], mine[:sulfur])


def test_it_begins_with_the_answers_of_the_other_one(start, rows):
    ts = rows[0].ts
    network = begun_from(start, 1, [Head(OTHER, 0, 1), Head(LEVEL, 1, 1)])
    out = network(pad([ts.numbers], [ts.positions])).detach().numpy()[0]
    opinion = start.opinion(ts.numbers, ts.positions, 0)
    expected = [opinion.electronic[1], opinion.zero_point[1]] * 2
    np.testing.assert_allclose(out, expected, atol=1e-6)


def test_a_level_that_is_known_goes_on_from_its_own_read_out(start, rows):
    ts, weights = rows[0].ts, [dict(member) for member in start.groups[0]]
    for member in weights:
        member["out.weight"] = np.concatenate([member["out.weight"], 0 * member["out.weight"]])
    wider = replace(start, groups=[weights])
    network = begun_from(wider, 1, [Head(OTHER, 0, 1), HEAD])
    out = network(pad([ts.numbers], [ts.positions])).detach().numpy()[0]
    opinion = start.opinion(ts.numbers, ts.positions, 0)
    known = np.array([opinion.electronic[1], opinion.zero_point[1]])
    np.testing.assert_allclose(out, np.concatenate([known / 2, known]), atol=1e-6)


def test_a_card_of_one_group_tells_its_outputs_by_the_order_of_its_levels(start, tmp_path):
    card = replace(
        start.card, levels=[*start.card.levels, replace(start.card.levels[0], name=OTHER)]
    )
    write_correction_card(card, tmp_path)
    content = json.loads((tmp_path / CARD).read_text())
    for level in content["levels"]:
        del level["group"], level["output"]
    (tmp_path / CARD).write_text(json.dumps(content))
    levels = read_correction_card(tmp_path).levels
    assert [(level.group, level.output) for level in levels] == [(0, 0), (0, 1)]


def test_a_level_that_learnt_no_zero_point_energy_adds_none_to_a_barrier(start, rows):
    ts = rows[0].ts
    (level,) = start.card.levels
    levels = [replace(level, vibrations=False)]
    other = replace(start, card=replace(start.card, levels=levels))
    with_it, without = (one.opinion(ts.numbers, ts.positions, 0) for one in (start, other))
    assert np.abs(with_it.zero_point).min() > 0
    assert not without.zero_point.any()
    np.testing.assert_array_equal(without.electronic, with_it.electronic)


@pytest.mark.parametrize(("largest", "told"), [(4.9, None), (5.1, "is 5.1 eV/Å")])
@pytest.mark.parametrize("role", ["reactant", "product"])
def test_a_row_is_left_out_whose_side_is_not_what_it_says(rows, role, largest, told):
    ts, side = rows[0].ts, rows[0].reactant[0]
    pulled = replace(side, role=role, forces=np.eye(3, dtype=np.float32) * largest)
    points = [ts, side, pulled]
    found, why = labelled("r", "table", LEVEL, 50.0, points), why_unusable(points)
    assert (found is None, why is None) == (told is not None, told is None)
    assert told is None or told in why
    assert labelled("r", "table", LEVEL, 50.0, [replace(ts, forces=10 * ts.forces), side])


def test_rows_that_teach_nothing_are_named():
    table = reaction_table(reaction_row("lost"), reaction_row("whole"))
    rows = [
        ReferenceReaction(one, prepare(one, one.reactant_positions), "table")
        for one in reactions_of(table)
    ]
    points = {name: [molecule(name, "ts", 0)] for name in ("lost", "whole")}
    points["whole"].append(molecule("whole", "reactant", 1))
    data = CorrectionData.of(DataSplit(rows, [], []), points)
    assert [row.reaction_id for row in data.train] == ["whole"]
    (told,) = data.left_out
    assert told.startswith("table: reaction 'lost': the geometry of its reactant")


def test_a_level_learns_vibrations_where_its_name_says_that_barriers_have_them(rows, tmp_path):
    both = [replace(row, level=LEVELS[k % 2]) for k, row in enumerate(rows)]
    data = CorrectionData(both[:16], both[16:20], both[20:], [Head(one, 0, 1) for one in LEVELS])
    card = train_committee(data, tmp_path, minutes=0.01)
    assert [level.vibrations for level in card.levels] == [True, False]

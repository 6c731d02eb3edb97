import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from conftest import HCN, reaction_row, reaction_table

from tscreen.schemas import columns as c
from tscreen.schemas.reaction import reactions_of
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.validate import validate


def check(table: pa.Table) -> pa.Table:
    return validate(table, max_atoms=23)


def codes(table: pa.Table) -> list[str | None]:
    return check(table)["reject_code"].to_pylist()


def nan_at(atom: int) -> list:
    positions = HCN.copy()
    positions[atom, 1] = np.nan
    return positions.tolist()


BAD_ROWS = {
    RejectCode.MISSING_VALUE: {"product_positions": None},
    RejectCode.LENGTHS_DIFFER: {"product_positions": HCN[:2].tolist()},
    RejectCode.TOO_FEW_ATOMS: {
        "atomic_numbers": [1],
        "reactant_positions": [[0, 0, 0]],
        "product_positions": [[0, 0, 0]],
        "reactant_fragments": [0],
        "product_fragments": [0],
    },
    RejectCode.TOO_MANY_ATOMS: {
        "atomic_numbers": [1] * 24,
        "reactant_positions": [[float(i), 0, 0] for i in range(24)],
        "product_positions": [[float(i), 0, 0] for i in range(24)],
        "reactant_fragments": [0] * 24,
        "product_fragments": [0] * 24,
    },
    RejectCode.UNKNOWN_ELEMENT: {"atomic_numbers": [1, 6, 92]},
    RejectCode.NOT_FINITE: {"reactant_positions": nan_at(1)},
    RejectCode.ATOMS_OVERLAP: {"product_positions": [[0, 0, 0], [0, 0, 0.2], [0, 0, 2]]},
    RejectCode.ELECTRON_COUNT: {"multiplicity": 2},
}


def test_good_rows_pass_unchanged():
    table = reaction_table(reaction_row("a"), reaction_row("b"))
    checked = check(table)
    assert checked["reject_code"].null_count == 2
    assert checked["reject_message"].null_count == 2
    assert checked.select(table.column_names).equals(table)


@pytest.mark.parametrize("code", BAD_ROWS)
def test_one_bad_row_is_turned_away_and_its_neighbours_are_not(code):
    table = reaction_table(
        reaction_row("a"), reaction_row("bad", **BAD_ROWS[code]), reaction_row("z")
    )
    checked = check(table)
    assert checked["reject_code"].to_pylist() == [None, code, None]
    assert "'bad'" in checked["reject_message"][1].as_py()
    good = reactions_of(checked.filter(pc.is_null(checked["reject_code"])))
    assert [r.reaction_id for r in good] == ["a", "z"]


def test_a_message_names_reaction_column_and_atoms():
    row = reaction_row("x1", **BAD_ROWS[RejectCode.ATOMS_OVERLAP])
    (message,) = check(reaction_table(row))["reject_message"].to_pylist()
    assert "'x1'" in message
    assert "'product_positions'" in message
    assert "atoms 0 and 1" in message


@pytest.mark.parametrize(
    ("numbers", "apart", "code"),
    [
        ([1, 1], 0.5, None),
        ([1, 1], 0.3, RejectCode.ATOMS_OVERLAP),
        ([6, 6], 0.8, None),
        ([6, 6], 0.5, RejectCode.ATOMS_OVERLAP),
    ],
)
def test_how_close_atoms_may_be_follows_from_their_radii(numbers, apart, code):
    near, far = ([[0.0, 0.0, 0.0], [0.0, 0.0, z]] for z in (apart, 2.0))
    row = reaction_row("a", atomic_numbers=numbers, reactant_positions=near, product_positions=far)
    row |= {"reactant_fragments": [0, 0], "product_fragments": [0, 0]}
    assert codes(reaction_table(row)) == [code]


@pytest.mark.parametrize(
    ("charge", "code"),
    [(-2, None), (-4, RejectCode.ELECTRON_COUNT), (-(2**31), RejectCode.ELECTRON_COUNT)],
)
def test_a_charge_of_more_electrons_than_atoms_can_hold_is_a_mistake(charge, code):
    sides = {
        "reactant_positions": [[0, 0, 0], [0, 0, 1]],
        "product_positions": [[0, 0, 0], [0, 0, 2]],
    }
    row = reaction_row("a", atomic_numbers=[1, 1], charge=charge, **sides)
    row |= {"reactant_fragments": [0, 0], "product_fragments": [0, 0]}
    assert codes(reaction_table(row)) == [code]


def test_overlap_between_fragments_means_nothing():
    separate = reaction_row(
        "a",
        product_fragments=[0, 1, 1],
        **{
            "product_positions": [[0, 0, 0], [0, 0, 0.1], [0, 0, 1.2]],
        },
    )
    assert codes(reaction_table(separate)) == [None]


@pytest.mark.parametrize("name", c.REQUIRED)
def test_a_missing_column_rejects_every_row_and_says_which(name):
    table = reaction_table(reaction_row("a"), reaction_row("b")).drop_columns([name])
    checked = check(table)
    assert set(checked["reject_code"].to_pylist()) == {"missing_column"}
    assert f"'{name}'" in checked["reject_message"][0].as_py()
    assert checked[name].null_count == 2


@pytest.mark.parametrize("name", c.REQUIRED)
def test_a_column_that_cannot_be_cast_rejects_every_row(name):
    table = reaction_table(reaction_row("a"), reaction_row("b"))
    structs = pa.array([{"x": 1}, {"x": 2}])
    table = table.set_column(table.column_names.index(name), name, structs)
    assert codes(table) == ["wrong_type", "wrong_type"]


@pytest.mark.parametrize("name", c.REQUIRED)
def test_a_null_cell_rejects_its_row_only(name):
    table = reaction_table(reaction_row("a"), reaction_row("b", **{name: None}))
    assert codes(table) == [None, "missing_value"]


def test_a_guess_of_the_transition_state_may_be_missing_but_not_of_other_atoms():
    table = reaction_table(*map(reaction_row, "abcd"))
    three = [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    holed = [*three[:2], [0.0, float("nan"), 0.0]]
    cells = pa.array([three, None, three[:2], holed])
    assert codes(table.append_column(c.TS_GUESS, cells)) == [
        None,
        None,
        "lengths_differ",
        "not_finite",
    ]
    assert codes(table.append_column(c.TS_GUESS, pa.nulls(4))) == [None] * 4


def test_a_column_of_nothing_but_nulls_is_missing_values():
    table = reaction_table(reaction_row("a"))
    table = table.set_column(table.column_names.index("charge"), "charge", pa.nulls(1))
    assert codes(table) == ["missing_value"]


def test_the_types_of_other_tools_are_brought_to_the_contract():
    rows = [reaction_row("a"), reaction_row("b")]
    wide = pa.table(
        {
            "reaction_id": pa.array(["a", "b"], pa.large_string()).dictionary_encode(),
            "atomic_numbers": pa.array([r["atomic_numbers"] for r in rows], pa.list_(pa.int64())),
            "reactant_positions": pa.array(
                [r["reactant_positions"] for r in rows], pa.large_list(pa.large_list(pa.float64()))
            ),
            "product_positions": pa.array(
                [r["product_positions"] for r in rows], pa.list_(pa.list_(pa.float64(), 3), 3)
            ),
            "reactant_fragments": pa.array([[0.0] * 3] * 2, pa.large_list(pa.float64())),
            "product_fragments": pa.array([[0] * 3] * 2, pa.list_(pa.int8())),
            "charge": pa.array([0.0, 0.0]),
            "multiplicity": pa.array(["1", "1"]),
        }
    )
    checked = check(wide)
    assert checked["reject_code"].null_count == 2
    narrow = reaction_table(*rows)
    assert checked.select(narrow.column_names).equals(narrow)


def test_a_cell_that_cannot_be_cast_rejects_its_row_only():
    rows = [reaction_row(name) for name in "abcdef"]
    table = reaction_table(*rows)

    def with_column(name: str, cells: list, dtype: pa.DataType) -> pa.Table:
        return table.set_column(table.column_names.index(name), name, pa.array(cells, dtype))

    charges = with_column("charge", [0, 0.5, None, float("nan"), 0, 0], pa.float64())
    wrong, missing = "wrong_type", "missing_value"
    assert codes(charges) == [None, wrong, missing, wrong, None, None]
    texts = with_column("charge", ["0", "zero", "", None, " 0", "1e9999"], pa.string())
    assert codes(texts) == [None, wrong, missing, missing, None, wrong]
    assert "holds 'zero'" in check(texts)["reject_message"][1].as_py()
    numbers = with_column(
        "atomic_numbers",
        [[1, 6, 7], [1, 6, 300], [1, None, 7], [1, 6, -7], [1.5, 6, 7], []],
        pa.list_(pa.float64()),
    )
    unknown = "unknown_element"
    assert codes(numbers) == [None, unknown, missing, unknown, wrong, "lengths_differ"]
    good = HCN.tolist()
    positions = with_column(
        "reactant_positions",
        [
            good,
            [*good[:2], [0.0, 0.0]],
            [*good[:2], None],
            [*good[:2], [0.0, None, 0.0]],
            [*good[:2], [0.0, 0.0, 1e300]],
            good,
        ],
        pa.list_(pa.list_(pa.float64())),
    )
    assert codes(positions) == [None, wrong, missing, missing, "not_finite", None]


def test_later_occurrences_of_an_id_are_duplicates():
    table = reaction_table(reaction_row("a"), reaction_row("b"), reaction_row("a"))
    assert codes(table) == [None, None, "duplicate_id"]


def test_an_empty_id_is_a_missing_value():
    assert codes(reaction_table(reaction_row(""))) == ["missing_value"]


@pytest.mark.parametrize("element", range(1, 119))
def test_elements_are_good_as_far_as_gfn2_xtb_goes(element):
    lone = {"atomic_numbers": [element] * 2, "reactant_fragments": [0] * 2}
    apart = (3.0 * HCN[:2]).tolist()
    lone |= {"product_fragments": [0] * 2, "reactant_positions": apart}
    row = reaction_row("a", **lone, product_positions=apart)
    checked = check(reaction_table(row))
    assert checked["reject_code"].to_pylist() == [None if element <= 86 else "unknown_element"]
    if element > 86:
        (message,) = checked["reject_message"].to_pylist()
        assert "'a'" in message
        assert "from H to Rn" in message


@pytest.mark.parametrize(
    ("charge", "multiplicity", "expected"),
    [(0, 1, None), (0, 3, None), (1, 2, None), (1, 1, "electron_count"), (0, 0, "electron_count"),
     (0, -1, "electron_count"), (0, 99, "electron_count"), (14, 1, None),
     (15, 2, "electron_count")],
)  # fmt: skip
def test_charge_and_multiplicity_must_fit_the_electrons(charge, multiplicity, expected):
    row = reaction_row("a", charge=charge, multiplicity=multiplicity)
    assert codes(reaction_table(row)) == [expected]


APART = {"reactant_fragments": [0, 1, 1], "charge": -1}  # H and CN-


@pytest.mark.parametrize(
    ("states", "whole", "code", "hint"),
    [
        ([[1, 1], [-2, 2]], {"multiplicity": 2}, None, None),
        ([[0, 2], [-1, 1]], {"multiplicity": 2}, None, None),
        ([[0, 2], [-1, 3]], {"multiplicity": 2}, None, None),
        ([[0, 2], [-1, 1]], {"multiplicity": 4}, None, None),
        (None, {"multiplicity": 2}, None, None),
        ([[-1, 1], [0, 4]], {"multiplicity": 2}, "electron_count", "combine to 4 or more"),
        ([[-1, 1], [-1, 1]], {"multiplicity": 2}, "electron_count", "sum to -2"),
        ([[-1, 2], [0, 2]], {"multiplicity": 2}, "electron_count", "molecule 0"),
        ([[-1, 1]], {"multiplicity": 2}, "lengths_differ", "1 states for 2 molecules"),
        ([[-1, 1], [0]], {"multiplicity": 2}, "wrong_type", "a charge and a multiplicity"),
        ([[-1, 1], None], {"multiplicity": 2}, "wrong_type", "a charge and a multiplicity"),
    ],
)
def test_states_of_molecules_must_fit_the_whole(states, whole, code, hint):
    bad = reaction_row("bad", reactant_states=states, **(APART | whole))
    good = reaction_row("good", reactant_states=None)
    checked = check(reaction_table(bad, good))
    assert checked["reject_code"].to_pylist() == [code, None]
    if code is not None:
        message = checked["reject_message"][0].as_py()
        assert "'bad'" in message
        assert "'reactant_states'" in message
        assert hint in message
    else:
        assert checked["reactant_states"].to_pylist() == [states, None]


def test_a_verdict_of_the_reader_is_kept():
    table = reaction_table(reaction_row("a"), reaction_row("b", multiplicity=2))
    known = table.append_column("reject_code", pa.array([None, "structure_failed"])).append_column(
        "reject_message", pa.array([None, "why"])
    )
    checked = check(known)
    assert checked["reject_code"].to_pylist() == [None, "structure_failed"]
    assert checked["reject_message"].to_pylist() == [None, "why"]


def test_a_table_without_rows_stays_one():
    checked = check(reaction_table(reaction_row("a")).slice(0, 0))
    assert checked.num_rows == 0
    assert "reject_code" in checked.column_names


def test_validation_is_safe_to_repeat():
    table = reaction_table(reaction_row("a"), reaction_row("b", multiplicity=2))
    assert check(check(table)).equals(check(table))


def test_tags_pass_through():
    checked = check(reaction_table(reaction_row("a", family="isomerisation")))
    assert checked["family"].to_pylist() == ["isomerisation"]


def test_real_reactions_pass(gdb7):
    assert check(gdb7)["reject_code"].null_count == gdb7.num_rows

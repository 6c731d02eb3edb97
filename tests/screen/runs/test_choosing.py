import pyarrow as pa
import pytest

from tscreen.screen.runs.choosing import cut, mark_below, mark_up_to


def rows(*cells: tuple[str, float | None, str | None]) -> pa.Table:
    names, certainties, codes = zip(*cells, strict=True)
    return pa.table(
        {
            "reaction_id": pa.array(names),
            "p_good": pa.array(certainties, pa.float32()),
            "reject_code": pa.array(codes, pa.string()),
        }
    )


def chosen(table: pa.Table) -> list[str]:
    marks = table["needs_search"].to_pylist()
    return [
        name for name, mark in zip(table["reaction_id"].to_pylist(), marks, strict=True) if mark
    ]


TIED = rows(*((name, 0.5, None) for name in "dbca"), ("sure", 0.9, None), ("bad", None, "wrong"))


@pytest.mark.parametrize(
    ("fraction", "names"),
    [
        (0.0, []),
        (0.1, ["a"]),
        (0.4, ["b", "a"]),
        (0.8, ["d", "b", "c", "a"]),
        (1.0, [*"dbca", "sure"]),
    ],
)
def test_a_fraction_is_met_exactly_even_among_equals(fraction, names):
    last, count = cut([TIED.slice(0, 2), TIED.slice(2)], fraction)
    assert chosen(mark_up_to(TIED, last)) == names
    assert count == len(names)


def test_shares_that_are_whole_numbers_of_rows_are_not_rounded_up():
    table = rows(*((f"r{i:03}", i / 1000, None) for i in range(100)))
    assert [cut([table], fraction)[1] for fraction in (0.07, 0.14, 0.28, 0.57)] == [7, 14, 28, 57]


def test_rejected_rows_are_neither_counted_nor_chosen():
    table = rows(("a", 0.1, "wrong"), ("b", 0.2, None), ("c", None, None), ("d", 0.3, None))
    last, count = cut([table], 0.5)
    assert (chosen(mark_up_to(table, last)), count) == (["b"], 1)
    assert chosen(mark_below(table, 1.0)) == ["b", "d"]


def test_a_reaction_whose_certainty_is_not_a_number_is_the_least_certain():
    table = rows(("a", 0.1, None), ("b", float("nan"), None))
    last, _ = cut([table], 0.5)
    assert chosen(mark_up_to(table, last)) == ["b"]


def test_a_limit_chooses_what_lies_below_it():
    table = rows(("a", 0.25, None), ("b", 0.5, None), ("c", 0.75, None))
    assert chosen(mark_below(table, 0.5)) == ["a"]


@pytest.mark.parametrize("limit", [0.0, 0.1])
def test_what_the_model_knows_nothing_of_is_always_searched(limit):
    table = rows(("a", 0.0, None), ("b", 0.5, None), ("c", 0.0, None))
    assert chosen(mark_below(table, limit)) == ["a", "c"]
    last, count = cut([table], limit)
    assert (chosen(mark_up_to(table, last)), count) == (["a", "c"], 2)


def test_nothing_is_chosen_where_nothing_was_sampled():
    table = rows(("a", None, "wrong"))
    assert cut([table], 0.5) == (None, 0)
    assert chosen(mark_up_to(table, None)) == []

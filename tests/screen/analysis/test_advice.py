"""Where many rows are most likely wrong, a sentence says what to do next."""

import polars as pl
import pytest
from runs import result, results_table

from tscreen.screen.analysis.advice import advice


def told(*p_good: float | None, **cells: object) -> str | None:
    rows = [result(str(n), p_good=p, **cells) for n, p in enumerate(p_good)]
    return advice(pl.DataFrame(results_table(*rows)).lazy(), "out")


@pytest.mark.parametrize("p_good", [(0.9, 0.8), (0.1, *[0.9] * 5), (None, 0.9), ()])
def test_nothing_is_said_where_few_rows_are_doubtful(p_good):
    if p_good:
        assert told(*p_good) is None
    else:
        assert advice(pl.DataFrame(results_table(result("a"))).clear().lazy(), "out") is None


def test_what_was_not_searched_is_to_be_searched_and_the_rest_handed_over():
    text = told(0.1, 0.15, 0.9)
    assert text.startswith("2 of 3 reactions have a p_good under 0.2")
    assert "2 of them were not searched" in text
    assert "--refine all" in text
    assert "tscreen handoff 'out' jobs --filter \"p_good < 0.2\"" in text


def test_what_was_searched_is_not_to_be_searched_again():
    assert "--refine" not in told(0.1, 0.9, status="failed")
    assert "--refine" not in told(0.1, 0.9, verified=True)

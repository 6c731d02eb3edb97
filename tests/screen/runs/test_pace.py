import pytest

from tscreen.screen.runs.pace import Came, pace

HOUR = 3600.0


def every(seconds: float, n: int, start: float = 0.0) -> list[Came]:
    """n chunks of 32 rows, the first so many seconds after the start."""
    return [Came(start + seconds * (i + 1), 32) for i in range(n)]


def test_a_steady_run_has_the_pace_of_its_chunks():
    for n in (1, 3, 8, 9, 100, 1000):
        found = pace(every(10.0, n), 0.0, now=10.0 * n)
        assert found.rows_per_s == pytest.approx(3.2)
        assert not found.stalled


def test_only_the_last_ten_minutes_count():
    chunks = [*every(10.0, 500), *every(100.0, 20, start=5000.0)]
    found = pace(chunks, 0.0, now=7000.0)
    assert found.rows_per_s == pytest.approx(0.32)
    assert found.over_s == pytest.approx(800.0)  # which eight of these chunks took


def test_slow_chunks_are_measured_over_more_than_the_window():
    found = pace(every(1000.0, 20), 0.0, now=20_000.0)
    assert found.rows_per_s == pytest.approx(0.032)
    assert found.over_s == pytest.approx(8000.0)


def test_waiting_for_the_next_chunk_lowers_the_pace():
    chunks = every(10.0, 100)
    paces = [pace(chunks, 0.0, now=1000.0 + wait).rows_per_s for wait in (0, 100, 300, 590)]
    assert paces == sorted(paces, reverse=True)
    assert paces[-1] < 0.2 * paces[0]


def test_long_after_the_last_chunk_there_is_no_pace():
    found = pace(every(10.0, 100), 0.0, now=1000.0 + HOUR)
    assert found.stalled
    assert found.rows_per_s is None


def test_a_run_of_long_searches_is_not_stalled_by_them():
    assert not pace(every(HOUR, 5), 0.0, now=5 * HOUR + 3 * HOUR).stalled


def test_a_run_without_chunks_has_no_pace_and_stalls_in_the_end():
    assert pace([], 0.0, now=30.0).rows_per_s is None
    assert not pace([], 0.0, now=30.0).stalled
    assert pace([], 0.0, now=HOUR).stalled


def test_the_night_between_two_parts_of_a_run_does_not_count():
    morning = 10 * HOUR
    chunks = [*every(10.0, 100), *every(20.0, 4, start=morning)]
    found = pace(chunks, 0.0, now=morning + 80.0)
    assert found.rows_per_s == pytest.approx(1.6)
    assert found.over_s == pytest.approx(60.0)
    assert pace(chunks[:101], 0.0, now=morning + 30.0).rows_per_s is None  # one chunk tells nothing


def test_a_clock_that_is_behind_that_of_the_storage_does_no_harm():
    found = pace(every(10.0, 3), 0.0, now=25.0)
    assert found.rows_per_s == pytest.approx(96 / 25)
    assert pace(every(10.0, 3), 0.0, now=-5.0).rows_per_s is None
    assert pace(every(10.0, 3), 100.0, now=110.0).rows_per_s is None

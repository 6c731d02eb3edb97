import pytest

from tscreen.screen.runs.throughput import Arrival, throughput

HOUR = 3600.0


def every(seconds: float, n: int, start: float = 0.0) -> list[Arrival]:
    """n chunks of 32 rows, the first so many seconds after the start."""
    return [Arrival(start + seconds * (i + 1), 32) for i in range(n)]


def test_a_steady_run_has_the_pace_of_its_chunks():
    for n in (1, 3, 8, 9, 100, 1000):
        found = throughput(every(10.0, n), 0.0, now=10.0 * n)
        assert found.rows_per_s == pytest.approx(3.2)
        assert not found.stalled


def test_only_the_last_ten_minutes_count():
    chunks = [*every(10.0, 500), *every(100.0, 20, start=5000.0)]
    found = throughput(chunks, 0.0, now=7000.0)
    assert found.rows_per_s == pytest.approx(0.32)
    assert found.over_s == pytest.approx(800.0)  # which eight of these chunks took


def test_slow_chunks_are_measured_over_more_than_the_window():
    found = throughput(every(1000.0, 20), 0.0, now=20_000.0)
    assert found.rows_per_s == pytest.approx(0.032)
    assert found.over_s == pytest.approx(8000.0)


def test_waiting_for_the_next_chunk_lowers_the_pace():
    chunks = every(10.0, 100)
    rates = [throughput(chunks, 0.0, now=1000.0 + wait).rows_per_s for wait in (0, 100, 300, 590)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.2 * rates[0]


def test_long_after_the_last_chunk_there_is_no_pace():
    found = throughput(every(10.0, 100), 0.0, now=1000.0 + HOUR)
    assert found.stalled
    assert found.rows_per_s is None


def test_a_run_of_long_searches_is_not_stalled_by_them():
    assert not throughput(every(HOUR, 5), 0.0, now=5 * HOUR + 3 * HOUR).stalled


def test_a_run_without_chunks_has_no_pace_and_stalls_in_the_end():
    assert throughput([], 0.0, now=30.0).rows_per_s is None
    assert not throughput([], 0.0, now=30.0).stalled
    assert throughput([], 0.0, now=HOUR).stalled


def test_the_night_between_two_parts_of_a_run_does_not_count():
    morning = 10 * HOUR
    chunks = [*every(10.0, 100), *every(20.0, 4, start=morning)]
    found = throughput(chunks, 0.0, now=morning + 80.0)
    assert found.rows_per_s == pytest.approx(1.6)
    assert found.over_s == pytest.approx(60.0)
    assert (
        throughput(chunks[:101], 0.0, now=morning + 30.0).rows_per_s is None
    )  # one chunk tells nothing


def test_a_clock_that_is_behind_that_of_the_storage_does_no_harm():
    found = throughput(every(10.0, 3), 0.0, now=25.0)
    assert found.rows_per_s == pytest.approx(96 / 25)
    assert throughput(every(10.0, 3), 0.0, now=-5.0).rows_per_s is None
    assert throughput(every(10.0, 3), 100.0, now=110.0).rows_per_s is None

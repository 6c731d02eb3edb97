import pytest

from tscreen.model.inference.memory import (
    BYTES_PER_PAIR_SAMPLE,
    ON_CPU,
    BatchSize,
    batch_size,
    fitting,
)

GIBIBYTE = 2**30


def test_more_memory_takes_larger_batches_up_to_what_kernels_can_index():
    small, large = fitting(GIBIBYTE), fitting(2 * GIBIBYTE)
    assert small.pair_samples < large.pair_samples
    assert small.pairs < large.pairs
    assert large.pair_samples * BYTES_PER_PAIR_SAMPLE < 2 * GIBIBYTE
    assert fitting(80 * GIBIBYTE) == fitting(100 * GIBIBYTE)


def test_without_memory_one_pair_goes_through():
    assert fitting(0) == BatchSize(1, 1, 2)
    assert fitting(0).pairs_with(40) == 1


def test_many_samples_leave_room_for_fewer_reactions_on_a_gpu():
    size = fitting(8 * GIBIBYTE)
    few, many = size.pairs_with(1), size.pairs_with(40)
    assert few == size.pairs
    assert many < few
    # the recommender sees all samples of a batch together
    assert many * 40 * BYTES_PER_PAIR_SAMPLE / 2 < 8 * GIBIBYTE
    assert ON_CPU.pairs_with(1) == ON_CPU.pairs_with(400) == ON_CPU.pairs


def test_the_cpu_is_not_asked_for_its_memory():
    assert batch_size("cpu") == ON_CPU


@pytest.mark.parametrize(("free", "fraction"), [(8, 1.0), (40, 0.1)])
def test_a_gpu_is_filled_by_what_is_free_and_by_the_samplers_share(monkeypatch, free, fraction):
    total = 80 * GIBIBYTE
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda: (free * GIBIBYTE, total))
    monkeypatch.setattr("torch.cuda.get_per_process_memory_fraction", lambda: fraction)
    batch_size.cache_clear()
    assert batch_size("cuda") == fitting(8 * GIBIBYTE)
    batch_size.cache_clear()

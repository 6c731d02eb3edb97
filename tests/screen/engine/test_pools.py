import pytest

from tscreen.screen.engine.pools import (
    BUILDER_SHARE,
    ENERGIES_SHARE,
    LIGHT_SHARE,
    REFINER_SHARE,
    size_pools,
)
from tscreen.screen.errors import UsageError


@pytest.mark.parametrize("cores", [1, 2, 3, 16, 64])
@pytest.mark.parametrize("samplers", [None, 1, 5])
def test_all_pools_fit_on_the_cores_and_leave_room_to_read_and_write(cores, samplers):
    sizes = size_pools({"CPU": float(cores)}, samplers)
    of_a_core = ENERGIES_SHARE + REFINER_SHARE + BUILDER_SHARE
    pools = sizes.samplers * sizes.sampler_share + cores * of_a_core
    assert pools + 2 * sizes.light * LIGHT_SHARE <= cores


def test_without_a_gpu_every_core_gets_a_sampler_of_one_thread():
    sizes = size_pools({"CPU": 8.0}, None)
    assert (sizes.samplers, sizes.sampler_gpus, sizes.sampler_threads) == (8, 0, 1)


def test_fewer_samplers_get_more_threads():
    sizes = size_pools({"CPU": 8.0}, 2)
    assert (sizes.samplers, sizes.sampler_threads) == (2, 4)


def test_every_gpu_gets_a_sampler():
    sizes = size_pools({"CPU": 32.0, "GPU": 4.0}, None)
    assert (sizes.samplers, sizes.sampler_gpus) == (4, 1)


def test_a_cluster_may_be_asked_to_grow():
    sizes = size_pools({"CPU": 32.0, "GPU": 1.0}, 6)
    assert (sizes.samplers, sizes.sampler_gpus) == (6, 1)


@pytest.mark.parametrize(
    ("gpus", "each", "samplers"), [(1, 0.25, 4), (2, 0.4, 4), (4, 1.0, 4), (4, 2.0, 2), (3, 2.0, 1)]
)
def test_gpus_are_shared_out_and_no_sampler_spans_two(gpus, each, samplers):
    sizes = size_pools({"CPU": 16.0, "GPU": float(gpus)}, None, each)
    assert (sizes.samplers, sizes.sampler_gpus) == (samplers, each)


def test_samplers_can_be_kept_off_gpus():
    sizes = size_pools({"CPU": 8.0, "GPU": 1.0}, None, 0.0)
    assert (sizes.samplers, sizes.sampler_gpus, sizes.sampler_calls) == (8, 0, 1)


def test_a_gpu_sampler_prepares_the_next_chunk_while_it_runs_one():
    assert size_pools({"CPU": 8.0, "GPU": 1.0}, None).sampler_calls == 2


def test_gpus_that_are_not_there_are_a_wrong_use_unless_the_cluster_may_grow():
    with pytest.raises(UsageError, match="has 0 GPUs"):
        size_pools({"CPU": 8.0}, None, 0.5)
    assert size_pools({"CPU": 8.0}, 4, 0.5).samplers == 4

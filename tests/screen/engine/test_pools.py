import pytest

from tscreen.actors.workers.stage import BUILDER, CALCULATOR, LIGHT, SAMPLER
from tscreen.screen.engine.pools import PoolSizes, size_pools
from tscreen.screen.errors import UsageError


@pytest.mark.parametrize("cores", [1, 2, 3, 16, 64])
@pytest.mark.parametrize("samplers", [None, 1, 5])
def test_all_pools_fit_on_the_cores_and_leave_room_to_read_and_write(cores, samplers):
    sizes = size_pools({"CPU": float(cores)}, samplers)
    pools = [sizes.pool(kind) for kind in (BUILDER, SAMPLER, CALCULATOR, LIGHT, LIGHT)]
    assert all(pool.size >= 1 for pool in pools)
    assert sum(pool.size * pool.cpus for pool in pools) <= cores


def samplers(sizes: PoolSizes) -> tuple[int, float, int]:
    """Number, GPUs and threads of the samplers."""
    pool = sizes.pool(SAMPLER)
    return pool.size, pool.gpus, pool.threads


def test_without_a_gpu_every_core_gets_a_sampler_of_one_thread():
    sizes = size_pools({"CPU": 8.0}, None)
    assert samplers(sizes) == (8, 0, 1)


def test_fewer_samplers_get_more_threads():
    sizes = size_pools({"CPU": 8.0}, 2)
    assert samplers(sizes) == (2, 0, 4)


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
    assert samplers(sizes) == (8, 0, 1)
    assert sizes.pool(SAMPLER).calls == 1


def test_a_gpu_sampler_prepares_the_next_chunk_while_it_runs_one():
    assert size_pools({"CPU": 8.0, "GPU": 1.0}, None).pool(SAMPLER).calls == 2


def test_gpus_that_are_not_there_are_a_wrong_use_unless_the_cluster_may_grow():
    with pytest.raises(UsageError, match="has 0 GPUs"):
        size_pools({"CPU": 8.0}, None, 0.5)
    assert size_pools({"CPU": 8.0}, 4, 0.5).samplers == 4

import pyarrow as pa
import pytest

from tscreen.schemas import columns as c
from tscreen.screen.dataset.mappings import with_lowest_mapping


def marks(names: list[str], counts: list[int | None], **barriers: list) -> list[bool | None]:
    cells = {c.REACTION_ID: names, c.N_MAPPINGS: pa.array(counts, pa.int32())}
    cells |= {name: pa.array(values, pa.float64()) for name, values in barriers.items()}
    return with_lowest_mapping(pa.table(cells))[c.LOWEST_MAPPING].to_pylist()


@pytest.mark.parametrize("name", [c.BARRIER_ML, c.BARRIER])
def test_the_lowest_of_the_maps_of_each_reaction_is_marked(name):
    names, counts = ["a#1", "a#2", "b", "c#1", "c#2", "c#3"], [2, 2, 1, 3, 3, 3]
    found = marks(names, counts, **{name: [30.0, 20.0, 1.0, 7.0, None, 9.0]})
    assert found == [False, True, None, True, False, False]


def test_a_barrier_that_all_maps_have_goes_before_a_predicted_one_that_some_have():
    barriers = {c.BARRIER_ML: [30.0, None], c.BARRIER: [20.0, 10.0]}
    assert marks(["a#1", "a#2"], [2, 2], **barriers) == [False, True]


def test_without_barriers_nothing_is_marked():
    assert marks(["a#1", "a#2"], [2, 2]) == [None, None]
    assert marks(["a#1", "b"], [None, None], **{c.BARRIER: [1.0, 2.0]}) == [None, None]

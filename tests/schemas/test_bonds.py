import numpy as np
from conftest import HCN

from tscreen.schemas.bonds import bond_graph, fragments_of


def test_hydrogen_cyanide_is_bonded_in_a_row():
    graph = bond_graph(np.array([1, 6, 7]), HCN)
    assert np.argwhere(np.triu(graph)).tolist() == [[0, 1], [1, 2]]
    assert (graph == graph.T).all()


def test_distant_molecules_are_separate_fragments():
    numbers = np.array([1, 6, 7, 1, 1])
    apart = np.vstack([HCN, [[0, 0, 9.0], [0, 0, 9.74]]])
    assert fragments_of(numbers, apart).tolist() == [0, 0, 0, 1, 1]
    assert fragments_of(numbers, apart).dtype == np.uint8

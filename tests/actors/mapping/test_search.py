from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tscreen.actors.mapping.graphs import Graph
from tscreen.actors.mapping.search import fewest_changes, laid_upon, n_changes
from tscreen.actors.mapping.subsets import TooLargeError


def graph(labels: list[int], bonds: set[tuple[int, int]]) -> Graph:
    bonded = np.zeros((len(labels), len(labels)), bool)
    for one, other in bonds:
        bonded[one, other] = bonded[other, one] = True
    return Graph.of(np.array(labels), bonded)


def renumbered(graph: Graph, order: np.ndarray) -> Graph:
    return Graph(graph.labels[order], graph.weights[np.ix_(order, order)])


def changes(reactant: Graph, product: Graph, orders: list[np.ndarray]) -> set[int]:
    return {laid_upon(reactant, product, order).fingerprint() for order in orders}


@st.composite
def graphs(draw, n: int) -> Graph:
    pairs = [(i, j) for j in range(n) for i in range(j)]
    labels = draw(st.lists(st.sampled_from([1, 6]), min_size=n, max_size=n))
    return graph(labels, draw(st.sets(st.sampled_from(pairs), max_size=n + 1)))


@settings(max_examples=40)
@given(st.data())
def test_no_mapping_changes_fewer_bonds_and_none_that_ties_is_missed(data):
    reactant, other = data.draw(graphs(5)), data.draw(graphs(5))
    product = Graph(reactant.labels[list(data.draw(st.permutations(range(5))))], other.weights)
    every = [
        np.array(order)
        for order in permutations(range(5))
        if np.array_equal(product.labels[list(order)], reactant.labels)
    ]
    counts = [n_changes(reactant, product, order) for order in every]
    best = [order for order, count in zip(every, counts, strict=True) if count == min(counts)]
    found = fewest_changes(reactant, product, 20)
    assert {n_changes(reactant, product, order) for order in found} == {min(counts)}
    assert changes(reactant, product, found) == changes(reactant, product, best)
    assert len(found) == len(changes(reactant, product, found))


@settings(max_examples=40)
@given(st.data())
def test_the_order_of_the_atoms_does_not_matter(data):
    reactant, product = data.draw(graphs(9)), data.draw(graphs(9))
    product = Graph(reactant.labels, product.weights)
    order = np.array(data.draw(st.permutations(range(9))))
    found = fewest_changes(reactant, product, 6)
    again = fewest_changes(reactant, renumbered(product, order), 6)
    told = changes(reactant, renumbered(product, order), again)
    assert changes(reactant, product, found) == told


def test_rings_that_have_the_same_surroundings_everywhere_are_told_apart():
    six = graph([6] * 6, {(i, (i + 1) % 6) for i in range(6)})
    threes = graph([6] * 6, {(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5)})
    (order,) = fewest_changes(six, threes, 6)
    assert n_changes(six, threes, order) == 4


def test_more_changes_than_allowed_are_no_mapping():
    chain, star = (graph([6] * 5, b) for b in ({(0, 1), (1, 2)}, {(0, 1), (2, 3), (3, 4), (0, 4)}))
    assert fewest_changes(chain, star, 1) == []
    assert fewest_changes(chain, star, 2)


def test_a_search_that_would_not_end_is_refused():
    ring = graph([6] * 300, {(i, (i + 1) % 300) for i in range(300)})
    rungs = graph([6] * 300, {(i, i + 1) for i in range(0, 300, 2)})
    with pytest.raises(TooLargeError):
        fewest_changes(ring, rungs, 200)

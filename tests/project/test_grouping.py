"""Several processes share out the tests by group, so that only one of them starts Ray."""

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="needs several processes")
def test_the_group_of_a_test_is_known_to_those_who_share_them_out(request):
    assert request.node.nodeid.endswith("@test_grouping"), "give --dist loadgroup, pytest below 9.2"

import numpy as np
import pyarrow.compute as pc
import torch
from hypothesis import given
from hypothesis import strategies as st
from reactions import random_reaction

from tscreen.model.reactions.batch import collate, pack, prepare, unpack
from tscreen.schemas.reaction import positions_of, reactions_of


def batch_of(*sizes):
    return collate([prepare(random_reaction(k, n=n)) for k, n in enumerate(sizes)])


def test_every_pair_of_every_reaction_is_there_once():
    batch = batch_of(4, 7, 5)
    assert len(batch.upper) == 6 + 21 + 10
    assert torch.bincount(batch.pair_reaction).tolist() == [6, 21, 10]
    assert (batch.first_atom < batch.second_atom).all()


def test_pair_distances_are_those_of_the_atoms():
    batch = batch_of(6)
    x = batch.reactant[0].numpy()
    expected = np.linalg.norm(x[:, None] - x[None], axis=-1)[np.triu_indices(6, 1)]
    assert np.allclose(batch.pair_distances(batch.reactant).numpy(), expected, atol=1e-5)


@given(st.integers(0, 1000))
def test_pack_is_the_adjoint_of_unpack(seed):
    batch = batch_of(4, 6)
    generator = torch.Generator().manual_seed(seed)
    packed = torch.randn(2, len(batch.upper), 3, generator=generator)
    dense = torch.randn(2, 2, 6, 6, 3, generator=generator)
    left = (unpack(packed, batch) * dense).sum()
    right = (packed * pack(dense, batch)).sum()
    assert torch.allclose(left, right, atol=1e-3)


def test_gradients_of_unpack_and_pack_are_right():
    batch = batch_of(3, 4)
    packed = torch.randn(len(batch.upper), 2, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: unpack(p, batch), packed)
    dense = torch.randn(2, 4, 4, 2, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda d: pack(d, batch), dense)


def test_swapping_twice_gives_the_reaction_back():
    batch = batch_of(5)
    twice = batch.swapped().swapped()
    assert torch.equal(twice.reactant, batch.reactant)
    assert torch.equal(batch.swapped().reactant, batch.product)


def test_weighted_mean_is_taken_reaction_by_reaction():
    batch = batch_of(3, 4)
    values = batch.pair_reaction.float() * 10 + 1
    weight = torch.rand(len(values)) + 0.1
    assert torch.allclose(batch.mean_over_pairs(values, weight), torch.tensor([1.0, 11.0]))


def test_no_reference_transition_state_counts_as_clashing(gdb7, monkeypatch):
    train = gdb7.filter(pc.equal(gdb7["split"], "train")).slice(0, 3000)
    monkeypatch.setattr("tscreen.model.reactions.batch.CLASH_RATIO", 0.76)
    references = positions_of(train["ts_positions"])
    rows = [prepare(r, ts) for r, ts in zip(reactions_of(train), references, strict=True)]
    batch = collate(rows)
    assert not batch.clashes(batch.ts).any()
    monkeypatch.setattr("tscreen.model.reactions.batch.CLASH_RATIO", 0.8)
    assert batch.clashes(batch.ts).any()

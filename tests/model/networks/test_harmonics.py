import torch

from tscreen.model.networks.harmonics import formula_harmonics, scripted_harmonics


def test_the_formula_and_e3nn_agree_in_values_and_slopes():
    generator = torch.Generator().manual_seed(0)
    vectors = 3 * torch.randn(40, 3, generator=generator)
    upstream = torch.randn(40, 8, generator=generator)
    found = []
    for harmonics in (formula_harmonics, scripted_harmonics):
        v = vectors.clone().requires_grad_()
        values = harmonics(v)
        (slope,) = torch.autograd.grad((values * upstream).sum(), v)
        found.append((values.detach(), slope))
    (formula, formula_slope), (script, script_slope) = found
    assert (formula - script).abs().max() < 1e-5
    assert (formula_slope - script_slope).abs().max() < 1e-5 * script_slope.abs().max()


def test_an_atom_sees_itself_in_no_direction():
    nowhere = torch.zeros(2, 3)
    assert not formula_harmonics(nowhere).any()
    assert not scripted_harmonics(nowhere).any()

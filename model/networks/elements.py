"""What a network knows of an element: its place in the periodic table, and what it has learnt.

The first part is shared by all elements, so that one that no training row has, or few have, is
taken for something between its neighbours.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from tscreen.schemas.elements import COVALENT_RADII, ELECTRONEGATIVITY, SYMBOLS, place_in_table

GROUPS, PERIODS = 18, 7
N_FEATURES = 1 + GROUPS + PERIODS + 2
UNNAMED = 0.1
"""Share of the elements of a training step that are known by their place in the table alone."""


def element_features() -> Tensor:
    """Group, period, radius and electronegativity of every element (97, N_FEATURES), 0 for none."""
    features = np.zeros((len(SYMBOLS), N_FEATURES), np.float32)
    for number in range(1, len(SYMBOLS)):
        period, group = place_in_table(number)
        features[number, group] = 1.0  # the first column is that of the lanthanides and actinides
        features[number, GROUPS + period] = 1.0
    features[1:, -2] = COVALENT_RADII[1:] - 1.0
    features[1:, -1] = ELECTRONEGATIVITY[1:] - 2.2
    return torch.from_numpy(features)


class ElementEmbedding(nn.Module):
    """A vector for each element; atomic numbers ``(...)`` to ``(..., c)``."""

    features: Tensor

    def __init__(self, c: int):
        super().__init__()
        self.learnt = nn.Embedding(len(SYMBOLS), c)
        self.shared = nn.Parameter(torch.empty(N_FEATURES, c))
        self.register_buffer("features", element_features(), persistent=False)
        nn.init.zeros_(self.learnt.weight)
        nn.init.normal_(self.shared, std=0.5)  # four features or so add up to about one

    def forward(self, numbers: Tensor) -> Tensor:
        """The vectors of atoms."""
        learnt = self.learnt.weight
        if self.training:
            kept = torch.rand(len(learnt), 1, device=learnt.device) >= UNNAMED
            learnt = learnt * kept
        table = learnt + self.features @ self.shared
        # On a GPU the backward pass of `embedding` sorts.
        return rows_by_product(numbers, table) if numbers.is_cuda else embedding(numbers, table)


def rows_by_product(numbers: Tensor, table: Tensor) -> Tensor:
    """Rows ``(..., c)`` of ``table (R, c)`` as a matrix product, which `embedding` gathers."""
    known = torch.arange(len(table), device=numbers.device)
    return (numbers.unsqueeze(-1) == known).to(table.dtype) @ table

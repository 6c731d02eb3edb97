"""How good a model is, and how far its certainty can be trusted."""

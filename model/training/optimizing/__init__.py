"""How weights are changed by their gradients."""

"""Energies, gradients, frequencies and thermochemistry at a level of theory."""

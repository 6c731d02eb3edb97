"""Sweeps: every combination of a template as a reaction."""

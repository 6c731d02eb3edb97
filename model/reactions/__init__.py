"""Reactions as tensors: batches, geometry, the prior, random numbers, tables as training data."""

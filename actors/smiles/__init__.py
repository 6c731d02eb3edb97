"""Molecules and reactions from SMILES."""

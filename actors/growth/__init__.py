"""Substituents grown onto the atoms of a transition state that is known."""

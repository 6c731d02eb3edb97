"""Reactions handed to a program of quantum chemistry: what it is to do, and how PySCF does it."""

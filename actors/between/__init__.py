"""Structures between reactant and product, from what their bonds hold in place."""

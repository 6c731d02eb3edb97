"""Which atom of the product is which atom of the reactant."""

"""Steps that a model proposes for a reactant of which no product is known."""

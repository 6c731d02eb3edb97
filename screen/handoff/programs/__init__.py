"""Programs of quantum chemistry: their inputs, how they are called, what they have written."""

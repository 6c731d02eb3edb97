"""Other conformers of transition states and molecules, and the lowest among them."""

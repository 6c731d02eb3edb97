"""The parts of `tscreen train`: generator and scorers, correction, proposals."""

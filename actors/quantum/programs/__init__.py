"""The calculators behind the levels of theory."""

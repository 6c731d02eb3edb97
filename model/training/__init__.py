"""From reference data to weights."""

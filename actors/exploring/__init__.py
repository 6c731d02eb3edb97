"""From molecules to the elementary steps that might start at them."""

"""One run: its pipeline, its settings kept and taken up again, its state."""

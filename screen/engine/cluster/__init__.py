"""Ray as the engine of a run: on this machine or on many."""

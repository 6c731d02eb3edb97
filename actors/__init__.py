"""Workers of the pipeline: one small class per kind of work."""

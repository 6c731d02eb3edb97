"""What a run leaves on disk: written chunk by chunk, gathered, read, checked."""

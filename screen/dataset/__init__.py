"""What a run leaves on disk: written chunk by chunk, compacted, read, checked."""

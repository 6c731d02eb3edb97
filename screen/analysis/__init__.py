"""Questions to a finished run: queries, rankings, exports."""

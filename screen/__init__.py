"""The engine and its command line: reading, pipeline, resume, reports, queries."""

"""The report of a run: one page that a browser opens without a network."""

"""What a command found, for a reader: tables, text, plots."""

"""Networks of elementary steps: their tables, and the exploring that fills these."""

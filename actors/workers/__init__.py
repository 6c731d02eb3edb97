"""What every stage leans on: rows in and out, errors, isolation in a process of its own."""

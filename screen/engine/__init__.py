"""What carries out a run: engines, workers, stages and the count of what they have done."""

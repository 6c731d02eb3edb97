"""Ray at work: session, workers, stages and the count of what they have done."""

"""From weights and reactions to recommended transition states; needs nothing of training."""

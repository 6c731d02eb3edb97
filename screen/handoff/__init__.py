"""Reactions handed to quantum chemistry as jobs, and what comes back of them."""

"""Saddle points: the search for one, and the molecules that it joins."""

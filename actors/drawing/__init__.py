"""Chemistry on paper."""

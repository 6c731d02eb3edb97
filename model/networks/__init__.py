"""The networks: trunk and denoiser, and those that score what they make."""

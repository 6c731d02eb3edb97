"""The networks: trunk and denoiser, and those that judge what they make."""

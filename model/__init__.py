"""The generative model: object-aware trunk, equivariant denoiser, samplers, recommender, training.

Uses torch and e3nn; knows nothing of Ray or of xTB.
"""

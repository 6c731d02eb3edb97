"""Training of the generator on a GPU: steps of fixed shapes, captured once into CUDA graphs."""

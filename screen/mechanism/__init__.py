"""What a network of elementary steps tells: energies, routes, kinetics, and files for others."""

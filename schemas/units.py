"""Physical constants (CODATA 2018) and the standard temperature, in the units of all tables."""

KCAL_MOL = 0.04336410390059322
"""One kcal/mol in eV."""

BOLTZMANN = 1.987204258640832e-3
"""Boltzmann's constant in kcal/(mol K)."""

BOLTZMANN_OVER_PLANCK = 2.0836619123327576e10
"""Boltzmann's over Planck's constant in 1/(s K)."""

ROOM_TEMPERATURE = 298.15
"""K; unless the user says otherwise."""

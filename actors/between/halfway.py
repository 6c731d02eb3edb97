"""Starts for a saddle search that need no model: halfway between reactant and product.

Bonds, angles, stiff bonds and hands are those of both sides at once, the bonds that form or break
have about the length that they have in transition states, and everything else is relaxed around
them. Which of several such structures is lowest is asked of GFN2-xTB, or of the surface searched
on: that knows what geometry does not, such as which way the ends of a polyene turn as a ring closes
(Woodward, Hoffmann, J. Am. Chem. Soc. 1965, 87, 395), or that a chair lies below a boat.
"""

import numpy as np

from tscreen.actors.between.held import Held, Wishes, held_pairs
from tscreen.actors.conformers.turns import single
from tscreen.actors.quantum.xtb import Surface
from tscreen.actors.saddles.complexes import CONTACT_GAP, CONTACT_SCALE
from tscreen.actors.saddles.saddle import settled
from tscreen.actors.workers.errors import CalculationError
from tscreen.model.reactions.superposition import deviation
from tscreen.schemas.bonds import side_bonds
from tscreen.schemas.elements import COVALENT_RADII
from tscreen.schemas.reaction import Reaction

STRETCH, STRETCH_HYDROGEN = 1.45, 1.25
"""Length of a bond that forms or breaks in sums of covalent radii; the latter with hydrogen."""
REACTING, CONTACT = 9.0, 0.3
"""Weights of these lengths, and of distances between atoms that nothing holds together."""
DRAWS, SHAKE = 6, 0.3
"""Shaken starts in turn from both sides, and Å on every coordinate."""
SAME = 0.15
"""Å by which two structures differ that are worth a look each."""
SETTLED = 3
"""So many of the least strained ones settle."""


def halfway(reaction: Reaction) -> list[np.ndarray]:
    """Structures (N, 3) in Å between both sides, the least strained first.

    The same ones for the same reaction.
    """
    r = reaction
    sides = [np.asarray(x, dtype=float) for x in (r.reactant_positions, r.product_positions)]
    whole = [
        x
        for x, fragments in zip(sides, (r.reactant_fragments, r.product_fragments), strict=True)
        if len(np.unique(fragments)) == 1
    ]
    starts = whole or sides
    wishes = _wishes(reaction, sides)
    chance = np.random.default_rng(0)
    found: list[tuple[float, np.ndarray]] = []
    for draw in range(DRAWS):
        start = starts[draw % len(starts)]
        strain, x = wishes.nearest(start + chance.normal(0.0, SHAKE, start.shape))
        if all(deviation(x, other) > SAME for _, other in found):
            found.append((strain, x))
    return [x for _, x in sorted(found, key=lambda one: one[0])]


def lowest_halfway(
    reaction: Reaction, surface: Surface, count: int = SETTLED
) -> tuple[np.ndarray, float]:
    """That of the first ``count`` of ``halfway`` which is lowest when settled; energy in eV.

    Raises:
        CalculationError: the time is up, or none settles.
    """
    found: list[tuple[float, np.ndarray]] = []
    failed: CalculationError | None = None
    for start in halfway(reaction)[:count]:
        try:
            x = settled(reaction, start, surface)
            atoms = surface.atoms(
                reaction.atomic_numbers, x, reaction.charge, reaction.multiplicity
            )
            found.append((float(atoms.get_potential_energy()), x))
        except CalculationError as error:
            if error.timed_out:
                raise
            failed = error
    if not found:
        assert failed is not None, "there is one structure at least"
        raise failed
    energy, x = min(found, key=lambda one: one[0])
    return x, energy


def _wishes(reaction: Reaction, sides: list[np.ndarray]) -> Wishes:
    numbers, bonds = reaction.atomic_numbers, side_bonds(reaction)
    changing = bonds[0] ^ bonds[1]
    pairs = [
        held_pairs(own, own & ~single(numbers, x, own)) for own, x in zip(bonds, sides, strict=True)
    ]
    held = [Held.of(own, kept & ~changing) for own, kept in zip(bonds, pairs, strict=True)]
    radii = np.add.outer(COVALENT_RADII[numbers], COVALENT_RADII[numbers])
    hydrogen = np.logical_or.outer(numbers == 1, numbers == 1)
    length = np.where(hydrogen, STRETCH_HYDROGEN, STRETCH) * radii
    reacting = np.argwhere(np.triu(changing))
    apart = np.argwhere(np.triu(~(pairs[0] | pairs[1] | changing), 1))
    contact = CONTACT_SCALE * radii + CONTACT_GAP
    return (
        Wishes.of_sides(held, sides)
        .also(reacting, length[tuple(reacting.T)], REACTING, least=False)
        .also(apart, contact[tuple(apart.T)], CONTACT, least=True)
    )

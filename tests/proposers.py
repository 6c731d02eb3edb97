"""A stand-in for the model that proposes steps."""

from types import SimpleNamespace

from tscreen.actors.exploring.enumeration import BondLimits, Enumeration
from tscreen.actors.exploring.proposing import RatedStep

ALL = 10**6


class Favours:
    """Thinks one set of products most probable, and proposes steps that break three bonds.

    It does not know nitrogen.
    """

    card = SimpleNamespace(covers=lambda numbers: 7 not in numbers)

    def __init__(self, *products):
        self.products = products

    def rated(self, enumeration, enumerated, positions, most):
        assert positions.shape == (len(enumeration.reactant.numbers), 3)
        steps = Enumeration(enumeration.reactant, BondLimits(3, 2)).steps(ALL)
        known = {one.products for one in enumerated}
        others = [one for one in steps if one.products not in known][:most]
        rates = [0.0 if one.products == self.products else -100.0 for one in enumerated]
        return list(map(RatedStep, enumerated, rates)), [RatedStep(one, -200.0) for one in others]

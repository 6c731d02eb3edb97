"""Levels that are any ASE calculator: `ase:package.module:Factory`.

`ase:tblite.ase:TBLite` names what ``from tblite.ase import TBLite`` imports. It is called without
arguments, or with `charge` and `multiplicity` where it takes arguments of these names (in its
signature or, as ASE's own calculators, in `default_parameters`). What it returns must give energies
in eV and forces in eV/Å. The total charge and the number of unpaired electrons are also the sums of
the atoms' initial charges and magnetic moments. It must be importable in every process, so a module
of one's own belongs into an installed package or on PYTHONPATH.
"""

import inspect
from collections.abc import Callable
from importlib import import_module

from ase.calculators.calculator import Calculator

PREFIX = "ase:"

Factory = Callable[..., Calculator]


def factory_of(level: str) -> Factory:
    """What makes the calculators of a level.

    Raises:
        ValueError: The level is misspelt, or does not lead to something that can be called.
    """
    module, _, name = level.removeprefix(PREFIX).partition(":")
    if not (module and name):
        raise ValueError(f"level {level!r} is not of the form ase:package.module:Factory")
    try:
        found = getattr(import_module(module), name)
    except ImportError as error:
        raise ValueError(
            f"level {level!r}: {module} cannot be imported ({error}); install it, or put the "
            "folder that holds it on PYTHONPATH"
        ) from error
    except AttributeError as error:
        raise ValueError(
            f"level {level!r}: {module} has no {name}; correct the name after the second colon"
        ) from error
    if not callable(found):
        raise ValueError(
            f"level {level!r}: {name} is a {type(found).__name__} and cannot be called; name a "
            "class or a function that returns an ASE calculator"
        )
    return found


def made(factory: Factory, charge: int, multiplicity: int) -> Calculator:
    """A calculator for one molecule."""
    state = {"charge": charge, "multiplicity": multiplicity}
    known = {*_parameters(factory), *getattr(factory, "default_parameters", {})}
    return factory(**{name: value for name, value in state.items() if name in known})


def _parameters(factory: Factory) -> set[str]:
    try:
        return set(inspect.signature(factory).parameters)
    except ValueError:  # of native code, which need not tell
        return set()

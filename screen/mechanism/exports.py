"""A network for other programs: GraphML, and a mechanism for Cantera."""

import math
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import networkx as nx
import polars as pl
import yaml

from tscreen.schemas import columns as c
from tscreen.schemas.elements import SYMBOLS
from tscreen.schemas.units import BOLTZMANN_OVER_PLANCK
from tscreen.screen.errors import UsageError
from tscreen.screen.mechanism.energies import (
    LITRE_ATMOSPHERES,
    ElementaryStep,
    Mechanism,
    standard_state,
)

TOLD = (c.FORMULA, c.INCHIKEY, c.GENERATION, c.MOLECULE_ENERGY, c.MOLECULE_GIBBS)

ABOUT = """\
Elementary steps of a tscreen network, each reversible, for an ideal gas at {temperature:g} K.
Enthalpy and entropy of every molecule are constant (heat capacity 0) and fitted to the reaction
energies of all steps, so that only differences over reactions mean something. Rate constants are
Eyring's with constant enthalpy and entropy of activation, which has the form A T^b exp(-Ea/RT)
exactly, without tunnelling and without pressure dependence. They are of use at temperatures near
{temperature:g} K, and in reactors of constant temperature alone.{electronic}"""
ELECTRONIC = """
Without thermochemistry, so that electronic energies stand for enthalpies and Gibbs energies: {}."""


def export_mechanism(mechanism: Mechanism, molecules: pl.DataFrame, file: Path) -> None:
    """Write a network to a new file: `.graphml`, or `.yaml` for Cantera.

    Args:
        mechanism: of the network.
        molecules: its table.
        file: its name decides the format.

    Raises:
        UsageError: the file is there, its name ends with something else, or the elements of a
            molecule are not known, which Cantera needs.
    """
    if file.exists():
        raise UsageError(f"'{file}' is there already; name a new file")
    if file.suffix == ".graphml":
        text = BytesIO()
        nx.write_graphml(as_graph(mechanism, molecules), text)
        file.write_bytes(text.getvalue())
    elif file.suffix in (".yaml", ".yml"):
        file.write_text(as_cantera(mechanism, molecules), "utf-8")
    else:
        raise UsageError(f"'{file}': give a name that ends with .graphml or .yaml (Cantera)")


def as_graph(mechanism: Mechanism, molecules: pl.DataFrame) -> nx.DiGraph:
    """A graph of molecules and steps: edges lead from reactants to a step, from there to products.

    Args:
        mechanism: of the network.
        molecules: its table, of which the columns `TOLD` become attributes.
    """
    about = {row[c.MOLECULE]: row for row in molecules.select(c.MOLECULE, *TOLD).to_dicts()}
    graph = nx.DiGraph(temperature_k=mechanism.temperature)
    for name, gibbs in mechanism.gibbs.items():
        node = {"kind": "molecule", "label": name, "gibbs_kcal_mol": gibbs} | about.get(name, {})
        known = {key: value for key, value in node.items() if value is not None}
        graph.add_node(f"molecule:{name}", **known)
    for step in mechanism.steps:
        graph.add_node(
            f"step:{step.name}",
            kind="step",
            label=step.name,
            gibbs_barrier_kcal_mol=step.barrier,
            gibbs_reverse_barrier_kcal_mol=step.reverse_barrier,
            log10_rate_constant=mechanism.log_rate(step.barrier) / math.log(10),
            log10_reverse_rate_constant=mechanism.log_rate(step.reverse_barrier) / math.log(10),
            thermal=step.thermal,
        )
        for name, count in Counter(step.reactants).items():
            graph.add_edge(f"molecule:{name}", f"step:{step.name}", count=count)
        for name, count in Counter(step.products).items():
            graph.add_edge(f"step:{step.name}", f"molecule:{name}", count=count)
    return graph


def as_cantera(mechanism: Mechanism, molecules: pl.DataFrame) -> str:
    """A mechanism in Cantera's YAML; a comment at its head says what it holds and what not.

    Raises:
        UsageError: the elements of a molecule are not known.
    """
    atoms = dict(molecules.select(c.MOLECULE, c.ATOMIC_NUMBERS).drop_nulls().iter_rows())
    for name in mechanism.gibbs:
        if name not in atoms:
            raise UsageError(f"molecule '{name}' has no {c.ATOMIC_NUMBERS} in molecules.parquet")
    electronic = [step.name for step in mechanism.steps if not step.thermal]
    more = ELECTRONIC.format(", ".join(electronic)) if electronic else ""
    head = ABOUT.format(temperature=mechanism.temperature, electronic=more)
    elements = sorted({SYMBOLS[number] for numbers in atoms.values() for number in numbers})
    phase = {
        "name": "gas",
        "thermo": "ideal-gas",
        "elements": elements,
        "species": list(mechanism.gibbs),
        "kinetics": "gas",
        "reactions": "all",
        "state": {"T": mechanism.temperature, "P": "1 atm"},
    }
    content = {
        "description": head,
        "units": {"length": "cm", "quantity": "mol", "activation-energy": "kcal/mol"},
        "phases": [phase],
        "species": [_species(mechanism, name, atoms[name]) for name in mechanism.gibbs],
        "reactions": [_reaction(mechanism, step) for step in mechanism.steps],
    }
    comment = "".join(f"# {line}\n" for line in head.splitlines())
    return comment + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def _species(mechanism: Mechanism, name: str, numbers: list[int]) -> dict[str, Any]:
    temperature = mechanism.temperature
    gibbs = mechanism.gibbs[name] - standard_state(temperature)
    entropy = 1000 * (mechanism.enthalpy[name] - gibbs) / temperature
    return {
        "name": name,
        "composition": dict(Counter(SYMBOLS[number] for number in numbers)),
        "thermo": {
            "model": "constant-cp",
            "T0": temperature,
            "h0": f"{mechanism.enthalpy[name]:.10g} kcal/mol",
            "s0": f"{entropy:.10g} cal/mol/K",
            "cp0": 0.0,
            "reference-pressure": "1 atm",
        },
    }


def _reaction(mechanism: Mechanism, step: ElementaryStep) -> dict[str, Any]:
    """Of n molecules: k = A T^b exp(-Ea/RT), b of 1 from Eyring and n - 1 from 1 mol at 1 atm."""
    n, temperature = len(step.reactants), mechanism.temperature
    barrier = step.barrier - (1 - n) * standard_state(temperature)  # at 1 atm
    entropy = (step.enthalpy - barrier) / mechanism.thermal_energy
    litres = LITRE_ATMOSPHERES ** (n - 1) * 1000.0 ** (n - 1)  # cm3 in a litre
    return {
        "equation": f"{' + '.join(step.reactants)} <=> {' + '.join(step.products)}",
        "id": step.name,
        "rate-constant": {
            "A": BOLTZMANN_OVER_PLANCK * litres * math.exp(entropy),
            "b": n,
            "Ea": step.enthalpy,
        },
    }

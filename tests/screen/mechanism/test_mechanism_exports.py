"""GraphML that networkx reads back, and YAML that Cantera reads with the same rates."""

import math

import networkx as nx
import pytest
from mechanisms import electronic, molecule, step, write

from tscreen.schemas import columns as c
from tscreen.screen.errors import UsageError
from tscreen.screen.mechanism.exports import as_cantera, export_mechanism
from tscreen.screen.mechanism.reading import read_mechanism
from tscreen.screen.networks.tables import read_molecules

ATOMS = {
    "C=O": [6, 8, 1, 1],
    "O": [8, 1, 1],
    "OCO": [6, 8, 8, 1, 1, 1, 1],
    "[H][H]": [1, 1],
    "O=CO": [6, 8, 8, 1, 1],
    "[C-]#[O+]": [6, 8],
}
STEPS = [
    step("hydration", "C=O + O", "OCO", 38, -3, **{c.GIBBS_BARRIER: 45.0}),
    step("loss", "OCO", "O=CO + [H][H]", 50, -8, **{c.GIBBS_REACTION_ENERGY: -15.0}),
    electronic("cracking", "C=O", "[C-]#[O+] + [H][H]", 80, -1),
]


@pytest.fixture
def net(tmp_path):
    rows = [molecule(name, **{c.ATOMIC_NUMBERS: numbers}) for name, numbers in ATOMS.items()]
    return write(tmp_path, rows, STEPS)


def export(net, name, temperature=None):
    import polars as pl

    file = net / name
    export_mechanism(read_mechanism(net, temperature), pl.DataFrame(read_molecules(net)), file)
    return file


def test_graphml_has_molecules_steps_and_how_many_of_each(net):
    graph = nx.read_graphml(export(net, "net.graphml"))
    kinds = [kind for _, kind in graph.nodes(data="kind")]
    assert (kinds.count("molecule"), kinds.count("step")) == (len(ATOMS), len(STEPS))
    assert set(graph.predecessors("step:hydration")) == {"molecule:C=O", "molecule:O"}
    assert list(graph.successors("step:hydration")) == ["molecule:OCO"]
    assert graph.edges["molecule:O", "step:hydration"]["count"] == 1
    assert graph.nodes["step:cracking"]["gibbs_barrier_kcal_mol"] == pytest.approx(80)
    assert graph.nodes["step:cracking"]["thermal"] is False


@pytest.mark.parametrize("temperature", [298.15, 700.0])
def test_cantera_has_our_rate_constants_and_equilibria(net, temperature):
    cantera = pytest.importorskip("cantera", reason="`pip install cantera` reads the mechanism")
    found = read_mechanism(net, temperature)
    gas = cantera.Solution(str(export(net, "mechanism.yaml", temperature)))
    gas.TP = temperature, cantera.one_atm
    assert gas.species_names == list(found.gibbs)
    # Cantera counts in kmol/m3, which are mol/L.
    for k, one in enumerate(found.steps):
        forward = math.exp(found.log_rate(one.barrier))
        assert gas.forward_rate_constants[k] == pytest.approx(forward, rel=1e-3)
        constant = math.exp(-one.energy / found.thermal_energy)
        assert gas.equilibrium_constants[k] == pytest.approx(constant, rel=1e-3)
        back = math.exp(found.log_rate(one.reverse_barrier))
        assert gas.reverse_rate_constants[k] == pytest.approx(back, rel=1e-3)


def test_cantera_has_eyrings_dependence_on_temperature(net):
    cantera = pytest.importorskip("cantera", reason="`pip install cantera` reads the mechanism")
    gas = cantera.Solution(str(export(net, "mechanism.yaml")))
    gas.TP = 600, cantera.one_atm
    hydration = read_mechanism(net, 600).steps[0]
    expected = math.exp(read_mechanism(net, 600).log_rate(hydration.barrier))
    assert gas.forward_rate_constants[0] == pytest.approx(expected, rel=1e-3)


def test_the_file_says_what_it_leaves_out(net):
    text = export(net, "mechanism.yaml").read_text()
    assert text.startswith("# Elementary steps of a tscreen network")
    assert "electronic energies stand for enthalpies and Gibbs energies: cracking" in text


def test_a_wrong_name_a_file_that_is_there_and_unknown_atoms_are_told(net):
    export(net, "net.graphml")
    with pytest.raises(UsageError, match="is there already"):
        export(net, "net.graphml")
    with pytest.raises(UsageError, match="ends with"):
        export(net, "net.txt")
    bare = [molecule(name) for name in ATOMS]
    import polars as pl
    from mechanisms import tables

    with pytest.raises(UsageError, match="atomic_numbers"):
        as_cantera(read_mechanism(net), pl.DataFrame(tables(bare, [])[0]))

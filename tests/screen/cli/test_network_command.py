"""`tscreen network`: steps, routes, kinetics and files, or one sentence that says what is wrong."""

import json

import pytest
from commands import tscreen
from mechanisms import molecule, step, write

ROWS = [
    molecule("C=O"),
    molecule("O"),
    molecule("OCO", 1),
    molecule("O=CO", 1),
    molecule("[H][H]", 1),
]
STEPS = [
    step("hydration", "C=O + O", "OCO", 20, -3),
    step("loss", "OCO", "O=CO + [H][H]", 24, -8),
]


@pytest.fixture
def net(tmp_path):
    return write(tmp_path / "net", ROWS, STEPS)


def test_the_table_has_every_step(net):
    done = tscreen("network", net)
    assert done.returncode == 0
    assert "OCO ⇌ O=CO + [H][H]" in done.stdout


def test_routes_know_a_molecule_however_its_smiles_is_written(net):
    done = tscreen("network", net, "--from", "O=C", "--to", "OC=O", "--json")
    [route] = json.loads(done.stdout)["routes"]
    assert [one["reaction_id"] for one in route["steps"]] == ["hydration", "loss"]
    table = tscreen("network", net, "--to", "OC=O", "--by", "rate").stdout
    assert "OCO → O=CO + [H][H]" in table


def test_kinetics_have_a_table_and_a_picture(net, tmp_path):
    plot = tmp_path / "kinetics.png"
    start = ("--kinetics", "--start", "C=O=0.5", "--start", "O=1", "--time", "10", "--plot", plot)
    done = tscreen("network", net, *start, "--temperature", "400", "--json")
    final = json.loads(done.stdout)["final_mol_l"]
    assert final["C=O"] + final["OCO"] + final["O=CO"] == pytest.approx(0.5)
    assert final["O=CO"] == pytest.approx(final["[H][H]"])
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_a_file_is_written_once(net, tmp_path):
    assert tscreen("network", net, "--export", tmp_path / "net.graphml").returncode == 0
    again = tscreen("network", net, "--export", tmp_path / "net.graphml")
    assert (again.returncode, "name a new file" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--from", "C=O"], "--from needs --to"),
        (["--to", "CCC"], "'CCC' is no molecule of the network"),
        (["--to", "C(("], "correct the SMILES"),
        (["--to", "OCO.O"], "routes lead to one"),
        (["--from", "[H][H]", "--to", "OCO"], "no route leads"),
        (["--kinetics"], "--start"),
        (["--start", "O=1"], "--kinetics"),
        (["--kinetics", "--start", "C=O=much"], "mol/L"),
        (["--kinetics", "--start", "O=-1"], "mol/L"),
        (["--kinetics", "--start", "O=1", "--time", "0"], "--time"),
    ],
)
def test_a_wrong_use_is_one_sentence(net, options, told):
    done = tscreen("network", net, *options)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_folder_without_a_network_is_told(tmp_path):
    assert "tscreen explore" in tscreen("network", tmp_path).stderr

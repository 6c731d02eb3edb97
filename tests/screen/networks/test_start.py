"""Molecules of the start, from every kind of file; what cannot be used is told."""

import polars as pl
import pytest
from ase.build import molecule
from ase.io import write
from rdkit import Chem
from rdkit.Chem import rdDistGeom

from tscreen.screen.networks.start import read_start


def test_a_list_of_smiles_may_have_names_comments_and_faults(tmp_path):
    file = tmp_path / "start.smi"
    file.write_text("# mine\nC=O formaldehyde\n\n[OH-]\nC=O\nO.N\n")
    found, left_out = read_start(file, 30)
    assert found == ["C=O", "O", "N"]
    assert [told.partition(":")[0] for told in left_out] == ["line 4", "line 5"]
    assert "charge -1" in left_out[0]
    assert "twice" in left_out[1]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".sdf", ".xyz"])
def test_every_kind_of_file_gives_the_same_molecules(tmp_path, suffix):
    file = tmp_path / f"start{suffix}"
    smiles = ["C=O", "CO"]
    if suffix == ".csv":
        file.write_text("name,smiles\nformaldehyde,C=O\nmethanol,CO\n")
    elif suffix == ".parquet":
        pl.DataFrame({"smiles": smiles}).write_parquet(file)
    elif suffix == ".xyz":
        write(file, [molecule("H2CO"), molecule("CH3OH")], format="extxyz")
    else:
        with Chem.SDWriter(str(file)) as writer:
            for one in smiles:
                mol = Chem.AddHs(Chem.MolFromSmiles(one))
                rdDistGeom.EmbedMolecule(mol, randomSeed=1)
                writer.write(mol)
    assert read_start(file, 30) == (smiles, [])


def test_a_molecule_over_the_limit_is_left_out(tmp_path):
    file = tmp_path / "start.smi"
    file.write_text("CCO\nO\n")
    found, (told,) = read_start(file, 5)
    assert found == ["O"]
    assert "9 atoms" in told

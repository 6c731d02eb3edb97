"""Whole sweeps; one with real structures, the others with straight chains, of these one on Ray."""

import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from chains import builder
from commands import tscreen
from rdkit import Chem
from standins import BUILD, Played, standins

from tscreen.actors.smiles.mapping import parse_reaction
from tscreen.schemas import columns as c
from tscreen.schemas.bonds import bond_graph
from tscreen.schemas.reaction import reactions_of
from tscreen.schemas.tables import REACTION_FIELDS, REJECT_FIELDS
from tscreen.screen.dataset.output import read_rejects, read_results
from tscreen.screen.engine.progress import Show
from tscreen.screen.engine.settings import Settings
from tscreen.screen.errors import BrokenOffError, UsageError
from tscreen.screen.runs.run import run
from tscreen.screen.sweep.sweep import sweep

TEMPLATE = """
template: imidic acid
reaction: >-
  [H]/[N:1]=[C:2](/[*:11])[O:3][H:4] . [*:21][H:5] . [*:22] >>
  [NH:1]([H:5])[C:2]([*:11])=[O:3] . [*:21] . [*:22][H:4]
substituents:
  R: {atom: 11, library: groups.csv}
catalysts:
  relay: {roles: {donor: 21, acceptor: 22}, library: relays.csv}
uncatalysed:
  name: none
  reaction: "[H]/[N:1]=[C:2](/[*:11])[O:3][H:4]>>[NH:1]([H:4])[C:2]([*:11])=[O:3]"
"""
GROUPS = ["hydrogen,*[H]", "methyl,*C"]
RELAYS = ["water,[OH2:1]", "formic acid,[OH:1]C=[O:2]", "ether,C[O:1]C"]


def write(folder: Path, groups: list[str] = GROUPS, relays: list[str] = RELAYS) -> Path:
    for name, lines in (("groups", groups), ("relays", relays)):
        (folder / f"{name}.csv").write_text("\n".join(["name,smiles", *lines]) + "\n")
    (folder / "template.yaml").write_text(TEMPLATE)
    return folder / "template.yaml"


def swept(folder: Path, breaks: bool = False, **options):
    chosen = {"seed": 0, "workers": 1, "address": None, **options}
    build = Played(BUILD, partial(builder, log=folder / "built", breaks=breaks))
    return sweep(folder / "template.yaml", folder / "r.parquet", show=Show(), build=build, **chosen)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[dict, Path]:
    """The report of a sweep and where it lies, for tests that change nothing there."""
    folder = tmp_path_factory.mktemp("finished")
    write(folder)
    return swept(folder), folder


def test_reactions_carry_their_tags_and_the_others_are_turned_away_by_name(finished):
    report, folder = finished
    assert report["counts"] == {
        "combinations": 8,
        "reactions": 6,
        "rejects": 2,
        "reject_code": {"bad_candidate": 2},
    }
    table = pq.read_table(folder / "r.parquet")
    assert table.schema.names[: len(REACTION_FIELDS)] == REACTION_FIELDS.names
    assert table.select(["template", "R", "relay", "candidate", "reaction_id"]).to_pylist()[1] == {
        "template": "imidic acid",
        "R": "hydrogen",
        "relay": "formic acid",
        "candidate": "hydrogen/formic acid",
        "reaction_id": "imidic acid/hydrogen/formic acid",
    }
    assert table["relay"].to_pylist() == ["water", "formic acid"] * 2 + ["none"] * 2
    rejects = pq.read_table(folder / "r.rejects.parquet")
    assert rejects.schema.names == REJECT_FIELDS.names
    assert rejects["source_row"].to_pylist() == [2, 5]
    assert "reaction 'imidic acid/hydrogen/ether'" in rejects["message"][0].as_py()
    assert "donor has 0 hydrogens" in rejects["message"][0].as_py()
    assert sorted(path.name for path in folder.iterdir() if "r." in path.name) == [
        "r.parquet",
        "r.rejects.parquet",
    ]


def test_a_run_reads_what_a_sweep_has_written(finished, tmp_path):
    wanted = Settings(input=finished[1] / "r.parquet", out=tmp_path / "out", min_p_good=0.0)
    run(wanted, Show(), standins())
    results = read_results(tmp_path / "out").collect()
    assert read_rejects(tmp_path / "out").collect().height == 0
    assert sorted(results["candidate"].unique()) == sorted(
        f"{r}/{relay}" for r in ("hydrogen", "methyl") for relay in ("water", "formic acid", "none")
    )
    assert results.filter(pl.col("relay") == "none")["R"].sort().to_list() == ["hydrogen", "methyl"]


def test_a_sweep_that_broke_off_on_a_cluster_goes_on_where_it_was(ray_cluster, tmp_path):
    write(tmp_path)
    with pytest.raises(BrokenOffError, match=r"no space left.*repeat the command"):
        swept(tmp_path, breaks=True, address=ray_cluster)
    assert not (tmp_path / "r.parquet").exists()
    with pytest.raises(UsageError, match="another seed"):
        swept(tmp_path, seed=1)
    before = (tmp_path / "built").read_text().split("\n")[:-1]
    report = swept(tmp_path)
    after = (tmp_path / "built").read_text().split("\n")[len(before) : -1]
    assert report["rows_done_before"] == 4
    assert report["counts"]["reactions"] == 6
    assert len(before) == len(after) == 3
    assert not set(before) & set(after)
    assert not (tmp_path / "r.parquet.parts").exists()


def test_a_finished_sweep_is_not_done_again(finished):
    first, folder = finished
    built = (folder / "built").read_text()
    again = swept(folder, workers=2)
    assert again["rows_done_before"] == 8
    assert again["counts"] == first["counts"]
    assert (folder / "built").read_text() == built


def test_another_sweep_into_a_finished_file_is_refused(finished, tmp_path):
    shutil.copytree(finished[1], tmp_path, dirs_exist_ok=True)
    with pytest.raises(UsageError, match="another seed"):
        swept(tmp_path, seed=1)
    write(tmp_path, relays=RELAYS[:1])
    with pytest.raises(UsageError, match="another library of relay;"):
        swept(tmp_path)


def test_a_file_that_no_sweep_has_written_is_left_alone(tmp_path):
    write(tmp_path)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "r.parquet")
    with pytest.raises(UsageError, match="comes from no sweep"):
        swept(tmp_path)
    assert pq.read_table(tmp_path / "r.parquet").num_rows == 1
    (tmp_path / "r.parquet").write_text("mine")
    with pytest.raises(UsageError, match="comes from no sweep"):
        swept(tmp_path)


def test_without_a_single_good_combination_there_are_rejects_alone(tmp_path):
    write(tmp_path, groups=["nothing,"])
    report = swept(tmp_path)
    assert report["counts"]["reactions"] == 0
    assert report["counts"]["reject_code"] == {"bad_candidate": 4}
    assert pq.read_table(tmp_path / "r.parquet").schema.names[:2] == REACTION_FIELDS.names[:2]


def test_real_structures_have_the_bonds_that_are_drawn_and_one_conformer_a_molecule(tmp_path):
    path = write(tmp_path, groups=GROUPS[:1])
    done = tscreen("sweep", path, "--out", tmp_path / "r.parquet", "--json")
    assert done.returncode == 1, done.stderr  # the ether is turned away
    assert json.loads(done.stdout)["counts"]["reactions"] == 3
    assert "build" not in done.stderr
    table = pq.read_table(tmp_path / "r.parquet")
    reactions = reactions_of(table)
    for reaction, smiles in zip(reactions, table[c.SMILES].to_pylist(), strict=True):
        mapped = parse_reaction(smiles)
        assert reaction.atomic_numbers.tolist() == mapped.numbers.tolist()
        for mol, positions, fragments in (
            (mapped.reactant, reaction.reactant_positions, reaction.reactant_fragments),
            (mapped.product, reaction.product_positions, reaction.product_fragments),
        ):
            bonded = bond_graph(mapped.numbers, positions) & np.equal.outer(fragments, fragments)
            assert (bonded == Chem.GetAdjacencyMatrix(mol).astype(bool)).all()
    water, _, none = reactions
    assert none.reactant_fragments.tolist() == [0] * 6
    assert set(water.reactant_fragments) == {0, 1}
    enol = [reaction.reactant_positions[reaction.reactant_fragments == 0] for reaction in reactions]
    shapes = [np.linalg.norm(x[:, None] - x[None], axis=-1) for x in enol]
    assert np.abs(shapes[0] - shapes[1]).max() < 1e-4
    assert np.abs(shapes[0] - shapes[2]).max() < 1e-4
    again = tscreen("sweep", path, "--out", tmp_path / "r.parquet", "--seed", 1)
    assert again.returncode == 2
    assert "another seed" in again.stderr


def test_wrong_use_is_one_line_and_exit_code_2(tmp_path):
    path = write(tmp_path)
    for arguments, text in (
        (("sweep", tmp_path / "absent.yaml", "--out", tmp_path / "r.parquet"), "absent.yaml"),
        (("sweep", path, "--out", tmp_path / "r.csv"), "must end in .parquet"),
        (("rank", tmp_path), "holds no plan.json"),
    ):
        done = tscreen(*arguments)
        assert done.returncode == 2
        assert text in done.stderr
        assert "Traceback" not in done.stderr

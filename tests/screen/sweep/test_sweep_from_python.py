"""A sweep from Python builds what the command builds."""

import polars as pl

import tscreen

TEMPLATE = """
template: shift
reaction: "[CH2:1]=[C:2]([*:11])[O:3][H:4] >> [CH2:1]([H:4])[C:2]([*:11])=[O:3]"
substituents:
  R: {atom: 11, library: groups.csv}
"""


def test_a_template_becomes_reactions_for_a_run(tmp_path):
    (tmp_path / "shift.yaml").write_text(TEMPLATE)
    (tmp_path / "groups.csv").write_text("name,smiles\nH,*[H]\n")
    report = tscreen.sweep(tmp_path / "shift.yaml", tmp_path / "shift.parquet", progress=False)
    assert report["counts"]["reactions"] == 1
    [row] = pl.read_parquet(tmp_path / "shift.parquet").to_dicts()
    assert (row["template"], row["R"], len(row["atomic_numbers"])) == ("shift", "H", 7)

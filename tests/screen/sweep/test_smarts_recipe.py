"""Libraries under a reaction SMARTS, as rows of a sweep."""

from pathlib import Path

import pyarrow as pa
import pytest

from tscreen.screen.errors import UsageError
from tscreen.screen.sweep.smarts import read_smarts
from tscreen.screen.sweep.stages import Assembler

DEHYDRATION = "[H:1][C:2][C:3][O:4]>>[C:2]=[C:3].[H:1][O:4]"
EXAMPLE = Path(__file__).parents[3] / "examples" / "sweeps" / "alcohols.csv"


def rows(recipe) -> list[dict]:
    numbers = pa.table({"source_row": list(range(recipe.n_combinations))})
    return Assembler(recipe)(numbers).to_pylist()


def test_every_site_of_the_shipped_example_is_a_candidate():
    found = rows(read_smarts(DEHYDRATION, EXAMPLE))
    assert not any(row["reject_code"] for row in found)
    ids = [row["reaction_id"] for row in found]
    assert len(set(ids)) == len(ids)
    butanol = [row for row in found if row["molecule"] == "2-butanol"]
    assert {row["candidate"] for row in butanol} == {"2-butanol/CC=CC.O", "2-butanol/C=CCC.O"}
    assert [row["isomer"] for row in butanol if "CC=CC" in row["product"]] == [
        "C3 S>>C2=C3 E, 1 of 2",  # the other hand of the alcohol is its mirror image
        "C3 S>>C2=C3 Z, 2 of 2",
    ]


def test_molecules_that_do_not_react_cost_no_others(tmp_path):
    path = tmp_path / "molecules.csv"
    path.write_text("name,smiles\nmethane,C\nempty,\nethanol,CCO\n")
    codes = {row["molecule"]: row["reject_code"] for row in rows(read_smarts(DEHYDRATION, path))}
    assert codes == {"methane": "bad_candidate", "empty": "bad_candidate", "ethanol": None}


def test_a_smarts_that_cannot_be_used_is_wrong_use():
    with pytest.raises(UsageError, match="hydrogens that move"):
        read_smarts("[C:1][C:2]O>>[C:1]=[C:2]", EXAMPLE)

"""Templates that are a transition state in space."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from tscreen.screen.errors import UsageError
from tscreen.screen.sweep.reading import read_recipe
from tscreen.screen.sweep.stages import Assembler

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def path(tmp_path) -> Path:
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    return tmp_path / "examples" / "sweeps" / "diels_alder.yaml"


def test_the_shipped_example_gives_a_row_for_each_group(path):
    recipe = read_recipe(path, None)
    rows = Assembler(recipe)(pa.table({"source_row": range(recipe.n_combinations)})).to_pylist()
    assert [row["reaction_id"] for row in rows[:2]] == [
        "diels_alder/hydrogen",
        "diels_alder/methyl",
    ]
    assert {row["smiles"] for row in rows} == {None}
    assert not any(row["reject_code"] for row in rows)
    assert recipe.builder(0).groups["R"]["methyl"] == "*C"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("atom: 13", "atom: 16", "has the atoms 0 to 15"),
        ("atom: 13", "atom: 4", "neighbours.*choose a hydrogen"),
        ("diels_alder_ts.xyz", "absent.xyz", "absent.xyz' cannot be read"),
        ("template: diels_alder", "template: diels_alder\ncharge: 1", "do not fit multiplicity"),
        ("template: diels_alder", "template: diels_alder\nreaction: C", "reaction: Extra inputs"),
        ("  R:", "  candidate:", "cannot be called 'candidate'"),
        ("library: ../substituents.csv", "library: absent.csv", "absent.csv' cannot be read"),
    ],
)
def test_what_is_wrong_is_told(path, old, new, said):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(UsageError, match=said):
        read_recipe(path, None)

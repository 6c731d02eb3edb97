"""The page about the columns says what the schemas say."""

from pathlib import Path

import pyarrow as pa
import pytest

from tscreen.schemas import columns as c
from tscreen.schemas.tables import POSITIONS

PAGE = Path(__file__).parents[2] / "docs" / "columns.md"
HEAD = "| column | type | unit | |"


def line_of(name: str) -> str:
    """The line of a column in a table of the page."""
    column = c.COLUMNS[name]
    return f"| `{name}` | {type_of(column.type)} | {column.unit} | {column.description} |"


def type_of(kind: pa.DataType) -> str:
    if kind == POSITIONS:
        return "list of 3 float32"
    if pa.types.is_list(kind):
        return f"list of {type_of(kind.value_type)}"
    return {"double": "float64", "float": "float32"}.get(str(kind), str(kind))


def tables_of(page: str) -> list[list[str]]:
    """The lines of every table of columns."""
    return [
        [line for line in part.split("\n\n")[0].splitlines() if line.startswith("| `")]
        for part in page.split(HEAD)[1:]
    ]


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (0, c.CONTRACT),
        (1, c.RESULT),
        (2, c.REJECT),
        (3, c.CANDIDATE_ROW),
        (4, c.PATH_ROW),
        (5, c.SAMPLE_ROW),
        (6, c.QUANTUM_ROW),
        (7, c.MOLECULE_ROW),
        (8, c.STEP_ROW),
    ],
    ids=["in", "out", "bad", "candidates", "paths", "samples", "quantum", "molecules", "steps"],
)
def test_the_page_has_a_line_for_each_column_that_says_what_the_schema_says(number, names):
    found = tables_of(PAGE.read_text())[number]
    wanted = [line_of(name) for name in names]
    assert found == wanted, "\n".join(["docs/columns.md needs these lines:", HEAD, *wanted])


def test_every_column_says_what_it_is_in_one_sentence():
    for name, column in c.COLUMNS.items():
        assert column.label, name
        assert "\n" not in column.description, name
        assert "|" not in column.description, name  # it would end the cell of a table
        assert column.description.endswith("."), name
        assert ". " not in column.description, name


@pytest.mark.parametrize(
    ("ending", "unit"), [("_kcal_mol", "kcal/mol"), ("_ev", "eV"), ("_cm1", "cm⁻¹"), ("_s", "s")]
)
def test_a_name_that_ends_in_a_unit_has_that_unit(ending, unit):
    named = [name for name in c.COLUMNS if name.endswith(ending)]
    assert named
    assert {c.COLUMNS[name].unit for name in named} == {unit}

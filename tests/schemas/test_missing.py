"""A column that is missing is told with those that are there and the one that is likely meant."""

import pytest
from conftest import reaction_row, reaction_table

from tscreen.schemas.normalise import missing
from tscreen.schemas.validate import validate


@pytest.mark.parametrize(
    ("name", "found", "likely"),
    [
        ("smiles", ["id", "rxn_smiles"], "rxn_smiles"),
        ("smiles", ["name", "Reaction SMILES"], "Reaction SMILES"),
        ("reaction_id", ["ReactionID", "smiles"], "ReactionID"),
        ("charge", ["chrage", "x"], "chrage"),
    ],
)
def test_the_likely_one_is_named(name, found, likely):
    text = missing(name, found)
    assert ", ".join(found) in text
    assert text.endswith(f"if it is '{likely}', rename that")


def test_none_is_named_where_nothing_is_like_it_and_other_separators_are_seen():
    assert missing("smiles", ["yield", "x"]) == "column 'smiles' is missing among yield, x"
    assert "separated by ';' and not by ','" in missing("smiles", ["reaction_id;smiles"])
    assert missing("smiles", []).endswith("so are all others")


def test_a_row_says_which_columns_its_file_has():
    table = reaction_table(reaction_row("a", atomic_no=3)).drop_columns(["atomic_numbers"])
    table = validate(table, max_atoms=9)
    [message] = table["reject_message"].to_pylist()
    assert "column 'atomic_numbers' is missing among reaction_id, " in message
    assert "if it is 'atomic_no', rename that" in message

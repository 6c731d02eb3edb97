"""`tscreen train --part proposals` as a user types it."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
from commands import tscreen
from conftest import reaction_row

from tscreen.model.correction.card import read_correction_card
from tscreen.model.proposals.card import read_proposal_card
from tscreen.model.reactions.data import HELD_OUT_PERCENT, by_hash
from tscreen.model.weights import read_card
from tscreen.schemas import columns as c


def reactions(path):
    """Hydrogen cyanide to its isomer, under names of which some are held out."""
    names = [f"r{number}" for number in range(20)]
    assert 0 < sum(by_hash(name) < HELD_OUT_PERCENT for name in names) < len(names)
    rows = [
        reaction_row(name, **{c.SPLIT: "train" if number else "val"})
        for number, name in enumerate(names)
    ]
    for row in rows:
        row[c.TS_POSITIONS] = row[c.REACTANT_POSITIONS]
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_it_leaves_a_folder_of_weights_and_goes_on_when_asked_to(tmp_path):
    out = tmp_path / "weights"
    command = ("train", reactions(tmp_path / "in.parquet"), "--out", out, "--part", "proposals")
    done = tscreen(*command, "--max-minutes", 0.1, "--json")
    assert done.returncode == 0, done.stderr
    card = read_proposal_card(out)
    assert json.loads(done.stdout) == {"version": card.version, "metrics": card.metrics}
    assert read_card(out) == read_card()  # a folder of weights has all the others, too
    assert read_correction_card(out) == read_correction_card()
    refused = tscreen(*command, "--max-minutes", 0.2)
    assert refused.returncode == 2
    assert "add --resume" in refused.stderr
    longer = card.training["minutes"] + 0.2
    more = tscreen(*command, "--max-minutes", longer, "--resume")
    assert more.returncode == 0, more.stderr
    assert read_proposal_card(out).training["steps"] > card.training["steps"]


def test_other_weights_to_start_from_are_refused(tmp_path):
    command = ("train", "x", "--out", tmp_path, "--part", "proposals", "--max-minutes", 1)
    done = tscreen(*command, "--init", "shipped")
    assert done.returncode == 2
    assert "--init" in done.stderr

"""Screens two reactions with the wheel alone; `make wheel` runs it where no clone is at hand."""

import sys
import tempfile
from pathlib import Path

import tscreen
from tscreen.screen.cli.main import main

BUILT = Path("wheel").resolve()
REACTIONS = """reaction_id,smiles
a,[CH2:1]=[CH:2][OH:3]>>[CH3:1][CH:2]=[O:3]
b,[CH:1]#[N:2]>>[C-:1]#[NH+:2]
"""

assert Path(tscreen.__file__).is_relative_to(BUILT), tscreen.__file__
with tempfile.TemporaryDirectory() as folder:
    Path(folder, "in.csv").write_text(REACTIONS)
    sys.argv = ["tscreen", "run", f"{folder}/in.csv", "--out", f"{folder}/out"]
    sys.argv += ["--samples", "2", "--refine", "none", "--strict"]
    main()

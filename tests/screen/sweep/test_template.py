"""Templates and libraries as files."""

from pathlib import Path

import pyarrow as pa
import pytest

from tscreen.actors.smiles.mapping import parse_reaction
from tscreen.actors.structures import StructureBuilder
from tscreen.schemas import columns as c
from tscreen.screen.errors import UsageError
from tscreen.screen.sweep.library import read_library
from tscreen.screen.sweep.stages import Assembler
from tscreen.screen.sweep.template import read_template

TEMPLATE = """
template: enol
reaction: >-
  [CH2:1]=[C:2]([*:11])[O:3][H:4] . [*:21][H:5] . [*:22] >>
  [CH2:1]([H:5])[C:2]([*:11])=[O:3] . [*:21] . [*:22][H:4]
substituents:
  R: {atom: 11, library: groups.csv}
catalysts:
  relay:
    roles: {donor: 21, acceptor: 22}
    library: relays.smi
uncatalysed:
  name: none
  reaction: "[CH2:1]=[C:2]([*:11])[O:3][H:4]>>[CH2:1]([H:4])[C:2]([*:11])=[O:3]"
"""
GROUPS = "name,smiles,remark\nhydrogen,*[H],plain\nmethyl,*C,\n"
RELAYS = "[OH2:1] water\nC[OH:1]\tmethyl alcohol\n\n[NH3:1]\n"


EXAMPLES = Path(__file__).parents[3] / "examples"


def write(folder: Path, text: str = TEMPLATE, groups: str = GROUPS, relays: str = RELAYS) -> Path:
    (folder / "groups.csv").write_text(groups)
    (folder / "relays.smi").write_text(relays)
    (folder / "enol.yaml").write_text(text)
    return folder / "enol.yaml"


def test_every_combination_occurs_once_and_the_uncatalysed_ones_come_last(tmp_path):
    template = read_template(write(tmp_path))
    assert template.n_combinations == 8
    names = [tuple(template.combination(i).names.items()) for i in range(8)]
    assert len(set(names)) == 8
    assert names[0] == (("R", "hydrogen"), ("relay", "water"))
    assert names[1] == (("R", "hydrogen"), ("relay", "methyl alcohol"))
    assert names[2] == (("R", "hydrogen"), ("relay", "[NH3:1]"))
    assert names[3] == (("R", "methyl"), ("relay", "water"))
    assert names[6:] == [(("R", r), ("relay", "none")) for r in ("hydrogen", "methyl")]
    assert list(template.combination(7).entries) == ["R"]


def test_a_template_may_say_charge_and_multiplicity_of_its_reactions(tmp_path):
    numbers = pa.table({c.SOURCE_ROW: pa.array(range(8), pa.int64())})
    for text, charge, spin in (
        (TEMPLATE, None, None),
        (TEMPLATE + "charge: 0\nmultiplicity: 3", 0, 3),
    ):
        assembled = Assembler(read_template(write(tmp_path, text)))(numbers)
        assert set(assembled[c.CHARGE].to_pylist()) == {charge}
        assert set(assembled[c.MULTIPLICITY].to_pylist()) == {spin}
    built = StructureBuilder(seed=0)(assembled.slice(0, 1))
    assert built[c.REJECT_MESSAGE].to_pylist() == [None]
    assert built[c.MULTIPLICITY].to_pylist() == [3]


def test_slots_of_one_kind_are_enough(tmp_path):
    start, _, rest = TEMPLATE.partition("substituents:")
    reaction = start.replace("([*:11])", "([H])")
    only_catalysts = reaction + "catalysts:" + rest.partition("catalysts:")[2].split("unc")[0]
    assert read_template(write(tmp_path, only_catalysts)).n_combinations == 3
    direct = TEMPLATE.split("reaction: ")[-1]
    only_groups = f"template: enol\nreaction: {direct}substituents:{rest.split('catalysts')[0]}"
    assert read_template(write(tmp_path, only_groups)).n_combinations == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("template: enol", "template: enol\nsolvent: water", "solvent: Extra inputs"),
        ("template: enol", "", "template: Field required.*A template has template, reaction"),
        ("template: enol", "template: a/b", "template: String should match"),
        ("atom: 11", "atom: R", r"substituents\.R\.atom: .*integer"),
        ("atom: 11, ", "atom: 11, binds: 3, ", "substituents.R: .*one of atom, atoms"),
        ("atom: 11, ", "atoms: [], ", "substituents.R.atoms: .*at least 1"),
        ("atom: 11, ", "", r"substituents\.R: .*one of atom, atoms, roles, binds"),
        ("{donor: 21, acceptor: 22}", "{}", r"catalysts\.relay\.roles: .*at least 1"),
        ("acceptor: 22", "acceptor: 11", r"\[\*:11\] is filled by 'R' and 'relay'"),
        (", acceptor: 22", "", r"no slot fills the dummy atom \[\*:22\]"),
        ("atom: 11", "atom: 12", r"slot 'R' fills the dummy atom \[\*:12\], which the reactant"),
        ("[*:22][H:4]", "[*:22]", "map number 4 occurs on one side only"),
        ("R: {", "status: {", "cannot be called 'status'"),
        ("R: {", "candidate: {", "cannot be called 'candidate'"),
        ("  relay:", "  R:", "two slots are called 'R'"),
        ("groups.csv", "absent.csv", r"absent\.csv' cannot be read"),
        ("groups.csv", "enol.yaml", "neither a .csv nor a .smi"),
        ("name: none", "name: water", "cannot be called 'water'"),
        ("name: none", "name: no", "uncatalysed.name: .*string"),
        ("template: enol", "template: [", "is no YAML"),
        ("template: enol", "template: !!python/name:os.system", "is no YAML"),
    ],
)
def test_what_is_wrong_in_a_template_is_told(tmp_path, old, new, said):
    assert old in TEMPLATE
    path = write(tmp_path, TEMPLATE.replace(old, new))
    with pytest.raises(UsageError, match=said) as caught:
        read_template(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a list", "just text"])
def test_a_file_that_is_no_template_is_told(tmp_path, text):
    with pytest.raises(UsageError, match="is not as it should be: the file"):
        read_template(write(tmp_path, text))


def test_a_template_without_slots_or_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(UsageError, match="has no slots"):
        read_template(write(tmp_path, 'template: a\nreaction: "[CH4:1]>>[CH4:1]"\n'))
    with pytest.raises(UsageError, match="cannot be read"):
        read_template(tmp_path / "absent.yaml")


def test_a_molecule_that_cannot_be_used_is_known_from_its_line_alone(tmp_path):
    write(tmp_path, groups="name,smiles\nmethyl,*C\nempty,\nmethyl,*CC\na/b,*F\n,*Cl\n,\n")
    entries = read_library(tmp_path / "groups.csv")
    assert [entry.name for entry in entries] == ["methyl", "empty", "methyl", "a/b", "*Cl"]
    codes = [entry.fault and str(entry.fault[0]) for entry in entries]
    assert codes == [None, "bad_candidate", "duplicate_id", "bad_candidate", None]


@pytest.mark.parametrize(
    ("text", "said"),
    [("name\nmethyl\n", "no column 'smiles'"), ("name,smiles\n", "no molecules"), ("", "read")],
)
def test_a_library_that_gives_nothing_is_told(tmp_path, text, said):
    write(tmp_path, groups=text)
    with pytest.raises(UsageError, match=said):
        read_library(tmp_path / "groups.csv")


@pytest.mark.parametrize("name", ["lewis_acids", "iminium", "enamine"])
def test_every_combination_of_a_shipped_example_is_a_reaction(name):
    template = read_template(EXAMPLES / "sweeps" / f"{name}.yaml")
    assert template.n_combinations >= 6
    made = [template.made(number) for number in range(template.n_combinations)]
    for one in (one for isomers in made for one in isomers):
        assert len(parse_reaction(one.smiles).numbers) >= 15
    assert len({isomers[0].smiles for isomers in made}) == template.n_combinations


def test_the_shipped_example_is_a_template():
    template = read_template(EXAMPLES / "keto_enol.yaml")
    assert len(template.libraries["catalyst"]) >= 8
    assert len(template.libraries["R"]) >= 6
    assert template.uncatalysed is not None

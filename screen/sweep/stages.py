"""The stages of a sweep, made only in the workers that run them; what they import is heavy."""

from functools import partial

import pyarrow as pa

from tscreen.schemas import columns as c
from tscreen.schemas.rejects import RejectCode
from tscreen.schemas.validate import validate
from tscreen.screen.engine.stages import Stage
from tscreen.screen.sweep.template import Template

MAX_ATOMS = 100
ELEMENTS = frozenset(range(1, 87))
"""Those of GFN2-xTB; which of them a model knows is seen when it runs."""


class Assembler:
    """Turns numbers of combinations into reaction SMILES with tags."""

    def __init__(self, template: Template) -> None:
        """Set up for the combinations of one template."""
        self._template = template
        self._skeletons = template.skeletons()

    def __call__(self, table: pa.Table) -> pa.Table:
        """The rows of a table with the single column `source_row`.

        Those that cannot be assembled, or have the id of an earlier one, get a reject code.
        """
        rows = [self._row(number) for number in table[c.SOURCE_ROW].to_pylist()]
        names = [c.REACTION_ID, c.SMILES, c.TEMPLATE, *self._template.slots, c.CANDIDATE]
        names += [c.SOURCE, c.REJECT_CODE, c.REJECT_MESSAGE]
        for name in names:
            table = table.append_column(
                name, pa.array([row.get(name) for row in rows], pa.string())
            )
        return table

    def _row(self, number: int) -> dict[str, str]:
        from tscreen.actors.smiles.mapping import UnbuildableError

        combination = self._template.combination(number)
        candidate = "/".join(combination.names.values())
        reaction_id = f"{self._template.name}/{candidate}"
        row = {
            c.REACTION_ID: reaction_id,
            c.TEMPLATE: self._template.name,
            **combination.names,
            c.CANDIDATE: candidate,
            c.SOURCE: str(self._template.path),
        }
        faults = [entry.fault for entry in combination.entries.values() if entry.fault]
        if faults:
            return row | _rejected(reaction_id, *faults[0])
        molecules = {slot: entry.smiles for slot, entry in combination.entries.items()}
        try:
            return row | {c.SMILES: self._skeletons[combination.reaction].filled(molecules)}
        except UnbuildableError as error:
            return row | _rejected(reaction_id, error.code, error.message)
        except Exception as error:  # whatever one molecule does to RDKit must not reach others
            message = f"unexpected {type(error).__name__} while filling the template: {error}"
            return row | _rejected(reaction_id, RejectCode.STRUCTURE_FAILED, message)


def _rejected(reaction_id: str, code: RejectCode, message: str) -> dict[str, str]:
    text = f"reaction '{reaction_id}': {message}"
    return {c.REJECT_CODE: str(code), c.REJECT_MESSAGE: text}


def builder(seed: int) -> Stage:
    """Makes structures from SMILES."""
    from tscreen.actors.structures import StructureBuilder

    return StructureBuilder(seed=seed, max_atoms=MAX_ATOMS)


def validator() -> Stage:
    """Turns away what a run would turn away, whatever its model knows."""
    return partial(validate, elements=ELEMENTS, max_atoms=MAX_ATOMS)

"""A reaction, made of what a chemist has of it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from ase import Atoms

from tscreen.actors.mapping.structures import NoMappingError, matching_order
from tscreen.schemas import columns as c
from tscreen.schemas import reaction as schema
from tscreen.schemas.bonds import fragments_of
from tscreen.schemas.reaction import difference, reactions_of, reordered
from tscreen.schemas.tables import TYPES
from tscreen.screen.errors import UsageError
from tscreen.screen.inputs.xyz import structure
from tscreen.screen.storage.location import Location

if TYPE_CHECKING:
    from tscreen.actors.smiles.molecules import Mol

NAME = "reaction"
"""Id of a reaction that has not been given one."""


class Reaction(schema.Reaction):
    """A reaction of N atoms, as `tscreen.schemas.reaction.Reaction` describes it.

    Made of ASE `Atoms`, of XYZ, of RDKit molecules or of a SMILES:

        tscreen.Reaction.from_atoms(reactant, product)
        tscreen.Reaction.from_xyz("reactant.xyz", "product.xyz", charge=-1)
        tscreen.Reaction.from_mols(reactant, product)
        tscreen.Reaction.from_smiles("[CH:1]#[N:2]>>[C-:1]#[N+:2]")

    Whether it can be screened is told by what screens it.
    """

    @classmethod
    def from_atoms(
        cls,
        reactant: Atoms,
        product: Atoms,
        *,
        reaction_id: str = NAME,
        charge: int = 0,
        multiplicity: int | None = None,
    ) -> "Reaction":
        """The reaction between two structures of the same atoms.

        Atoms that are not bonded to each other, by their distances, are separate molecules. Where
        elements stand in another order in the product, its atoms are brought into that of the
        reactant by the fewest bond changes.

        Args:
            reactant: N atoms, Å.
            product: the same.
            reaction_id: unique name.
            charge: total charge.
            multiplicity: of spin; None for the lowest that the number of electrons allows.

        Raises:
            UsageError: the two are not the same atoms, or too many bonds change in any order.
        """
        if reordered(reactant.numbers, product.numbers):
            try:
                product = product[matching_order(reactant, product)]
            except NoMappingError as error:
                raise UsageError(f"reaction '{reaction_id}': {error}") from error
        numbers = np.asarray(reactant.numbers, np.uint8)
        fault = difference(numbers, np.asarray(product.numbers, np.uint8))
        if fault is not None:
            raise UsageError(f"reaction '{reaction_id}': {fault}")
        start, end = (np.asarray(side.positions, np.float32) for side in (reactant, product))
        if multiplicity is None:
            multiplicity = 1 + (int(numbers.sum()) - charge) % 2
        return cls(
            reaction_id,
            numbers,
            start,
            end,
            fragments_of(numbers, start),
            fragments_of(numbers, end),
            charge,
            multiplicity,
        )

    @classmethod
    def from_xyz(
        cls,
        reactant: str | Path,
        product: str | Path,
        *,
        reaction_id: str = NAME,
        charge: int | None = None,
        multiplicity: int | None = None,
    ) -> "Reaction":
        """The reaction between two XYZ files, or texts, of one structure each.

        Args:
            reactant: path or URI of a file, or the text itself.
            product: the same atoms.
            reaction_id: unique name.
            charge: total charge; None for `charge=` in the comment lines, or 0.
            multiplicity: of spin; None for `multiplicity=` in the comment lines, or the lowest that
                the number of electrons allows.

        Raises:
            UsageError: one cannot be read, or see `from_atoms`.
        """
        sides = {"reactant": reactant, "product": product}
        start, end = (_structure(reaction_id, *side) for side in sides.items())
        said = end.info | start.info
        if charge is None:
            charge = _whole(reaction_id, c.CHARGE, said.get(c.CHARGE, 0))
        if multiplicity is None and c.MULTIPLICITY in said:
            multiplicity = _whole(reaction_id, c.MULTIPLICITY, said[c.MULTIPLICITY])
        return cls.from_atoms(
            start, end, reaction_id=reaction_id, charge=charge, multiplicity=multiplicity
        )

    @classmethod
    def from_mols(
        cls,
        reactant: "Mol",
        product: "Mol",
        *,
        reaction_id: str = NAME,
        multiplicity: int | None = None,
    ) -> "Reaction":
        """The reaction between two RDKit molecules with all hydrogens and one conformer each.

        Atoms are matched by their map numbers, or, where none has one, by their order, or, where
        elements then disagree, by the fewest bond changes. As in a SMILES, hydrogens that stay on
        their atom need no number. The charge is that of the atoms.

        Args:
            reactant: one or several molecules, which may lie on top of each other.
            product: the same atoms.
            reaction_id: unique name.
            multiplicity: of spin; None for what the radical electrons say.

        Raises:
            UsageError: hydrogens or structures are missing, or the atoms do not correspond.
        """
        from tscreen.actors.smiles.mapping import UnbuildableError
        from tscreen.actors.smiles.molecules import reaction_between

        try:
            found = reaction_between(reaction_id, reactant, product, multiplicity)
        except UnbuildableError as error:
            raise UsageError(f"reaction '{reaction_id}': {error.message}") from error
        return cls(**vars(found))

    @classmethod
    def from_smiles(
        cls,
        smiles: str,
        *,
        reaction_id: str = NAME,
        multiplicity: int | None = None,
        seed: int = 0,
    ) -> "Reaction":
        """The reaction of a SMILES, with structures as a run builds them.

        Each molecule is the lowest of a few conformers, relaxed by GFN2-xTB. Atoms without a map
        are mapped so that the fewest bonds change; of several such maps this takes the first, and
        `tscreen.predict` all of them.

        Args:
            smiles: `reactants>>products`.
            reaction_id: unique name.
            multiplicity: of spin; None for what the radical electrons say.
            seed: decides the conformers, as that of a run.

        Raises:
            UsageError: the SMILES cannot be used, or gives no structure.
        """
        from tscreen.actors.structures import StructureBuilder

        cells = {c.REACTION_ID: reaction_id, c.SMILES: smiles, c.MULTIPLICITY: multiplicity}
        table = pa.table({name: pa.array([cell], TYPES[name]) for name, cell in cells.items()})
        built = StructureBuilder(seed, max_atoms=sys.maxsize)(table)
        [fault] = built[c.REJECT_MESSAGE].to_pylist()
        if fault is not None:
            raise UsageError(fault)
        [found] = reactions_of(built)
        return cls(**vars(found))


def _structure(reaction_id: str, side: str, given: str | Path) -> Atoms:
    """One side, of a text with several lines or of a file."""
    what = f"the {side} '{given}'"
    try:
        if isinstance(given, str) and "\n" in given:
            what = f"the text of the {side}"
            return structure(given.encode())
        return structure(Location.at(given).read())
    except (OSError, ValueError) as error:
        raise UsageError(
            f"reaction '{reaction_id}': {what} cannot be read: {error}; give the path of an XYZ "
            "file, or its text"
        ) from error


def _whole(reaction_id: str, name: str, said: Any) -> int:
    if not isinstance(said, int):
        raise UsageError(
            f"reaction '{reaction_id}': {name}={said} in a comment line is no whole number; "
            f"correct it, or give `{name}`"
        )
    return said

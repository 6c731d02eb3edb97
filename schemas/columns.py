"""Every column of every table: its name, type, unit, role, label and meaning, written once.

A reaction is one row. It enters with the contract columns, gathers internal, working and result
columns from stage to stage, and leaves as one row of the results or of the rejects; the saddle
points that were found for it are rows of the candidates, and so on. Code names a
column by its constant here; the Arrow schemas, the headings of reports and the tables of
`docs/columns.md` come from `COLUMNS`.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import pyarrow as pa


class Role(StrEnum):
    """What a column is for."""

    CONTRACT = "contract"  # what the user gives
    INTERNAL = "internal"  # where a row came from, and why it was turned away
    WORKING = "working"  # what one stage leaves for the next; never written
    RESULT = "result"  # what the user gets of a good row
    REJECT = "reject"  # and of a bad one
    CANDIDATE = "candidate"  # of every saddle point that was found for it
    PATH = "path"  # of the way down from one that joins both sides
    SAMPLE = "sample"  # of every TS that was sampled, on request
    QUANTUM = "quantum"  # of what quantum chemistry made of it
    MOLECULE = "molecule"  # of a molecule in a network of reactions
    STEP = "step"  # and of an elementary step


@dataclass(frozen=True)
class Column:
    """All that is known of a column.

    Attributes:
        type: its Arrow type.
        role: what it is for.
        label: its heading where people read it.
        description: one sentence, Markdown.
        unit: of its numbers; empty where they have none.
    """

    type: pa.DataType
    role: Role
    label: str
    description: str
    unit: str = ""


COLUMNS: dict[str, Column] = {}
"""Every column that is not a tag, by its name, in the order of its table."""


def _column(
    role: Role, name: str, kind: pa.DataType, label: str, description: str, unit: str = ""
) -> str:
    """Enter a column into `COLUMNS`; returns its name."""
    COLUMNS[name] = Column(kind, role, label, description, unit)
    return name


_POSITIONS = pa.list_(pa.list_(pa.float32(), 3))
_TEXT = pa.string()

# --- contract ---
_contract = partial(_column, Role.CONTRACT)
REACTION_ID = _contract("reaction_id", _TEXT, "reaction", "Unique name of the reaction.")
ATOMIC_NUMBERS = _contract(
    "atomic_numbers",
    pa.list_(pa.uint8()),
    "atomic numbers",
    "Of all atoms, in the order of all other lists.",
)
REACTANT_POSITIONS = _contract(
    "reactant_positions", _POSITIONS, "reactant", "Coordinates of the reactant's atoms.", "Å"
)
PRODUCT_POSITIONS = _contract(
    "product_positions",
    _POSITIONS,
    "product",
    "Coordinates of the product's atoms; atom *i* is the same atom on both sides.",
    "Å",
)
REACTANT_FRAGMENTS = _contract(
    "reactant_fragments",
    pa.list_(pa.uint8()),
    "molecules of the reactant",
    "Which separate molecule of the reactant an atom belongs to; how the molecules are placed "
    "carries no information.",
)
PRODUCT_FRAGMENTS = _contract(
    "product_fragments",
    pa.list_(pa.uint8()),
    "molecules of the product",
    "Which separate molecule of the product an atom belongs to.",
)
CHARGE = _contract(
    "charge",
    pa.int32(),
    "charge",
    "Charge of the whole reaction (of a molecule where a row is one), in elementary charges.",
)
MULTIPLICITY = _contract(
    "multiplicity",
    pa.int32(),
    "multiplicity",
    "Spin multiplicity, 2S + 1, of the whole reaction (of a molecule where a row is one).",
)
SMILES = _contract("smiles", _TEXT, "SMILES", "Atom-mapped reaction SMILES; optional.")
REACTANT_STATES = _contract(
    "reactant_states",
    pa.list_(pa.list_(pa.int32())),
    "states of the reactant",
    "Charge and multiplicity of each molecule of the reactant, in the order of their numbers; "
    "optional, and filled in where structures are built from SMILES.",
)
PRODUCT_STATES = _contract(
    "product_states",
    pa.list_(pa.list_(pa.int32())),
    "states of the product",
    "The same of the product.",
)
TS_GUESS = _contract(
    "ts_guess_positions",
    _POSITIONS,
    "TS guess",
    "A structure of the TS that its search starts from before all others; optional.",
    "Å",
)

# --- internal ---
_internal = partial(_column, Role.INTERNAL)
SOURCE = _internal("source", _TEXT, "file", "The file of the input that the row was read from.")
SOURCE_ROW = _internal(
    "source_row", pa.int64(), "row of the file", "Which row or frame of that file it is, from 0."
)
REJECT_CODE = _internal(
    "reject_code", _TEXT, "reject", "Why the row was turned away; null for a good one."
)
REJECT_MESSAGE = _internal(
    "reject_message", _TEXT, "why", "Why the row was turned away, as a sentence."
)
SOURCE_CHUNK = _internal(
    "source_chunk", _TEXT, "chunk", "The chunk that the row is read, sampled and written with."
)
CHUNK_PLACE = _internal(
    "chunk_place", pa.int32(), "place", "Which of the rows of its chunk it is, from 0."
)
CHUNK_ROWS = _internal("chunk_rows", pa.int32(), "rows", "How many rows its chunk has.")

# --- working ---
_working = partial(_column, Role.WORKING)
CANDIDATES = _working(
    "candidates", pa.list_(_POSITIONS), "candidates", "Sampled TSs, the recommended one first.", "Å"
)
CANDIDATE_LOG_RMSD = _working(
    "candidate_log_rmsd",
    pa.list_(pa.float32()),
    "log RMSDs",
    "Logarithm of the expected RMSD, in Å, of every candidate.",
)
CANDIDATE_ODDS = _working(
    "candidate_odds",
    pa.list_(pa.float32()),
    "log odds",
    "Logarithm of the odds that each candidate is good.",
)
REACTANT_ENERGY = _working(
    "reactant_energy_ev", pa.float64(), "reactant", "GFN2-xTB energy of the given reactant.", "eV"
)
PRODUCT_ENERGY = _working(
    "product_energy_ev", pa.float64(), "product", "GFN2-xTB energy of the given product.", "eV"
)
NEEDS_SEARCH = _working(
    "needs_search", pa.bool_(), "search", "Whether the saddle point is to be searched."
)
SIDES_KEPT = _working(
    "sides_kept",
    pa.bool_(),
    "sides kept",
    "Whether reactant and product kept their bonds when they were relaxed.",
)
SIDES_EQUAL = _working(
    "sides_equal",
    pa.bool_(),
    "sides equal",
    "Whether reactant and product have the same bonds and lie in the same places.",
)
BUILD_S = _working("build_s", pa.float64(), "building", "Time to build the structures.", "s")
SAMPLE_S = _working("sample_s", pa.float64(), "sampling", "The row's share of the sampling.", "s")

# --- results ---
_result = partial(_column, Role.RESULT)
STATUS = _result(
    "status",
    _TEXT,
    "status",
    "How far the TS has come: `refined`, `xtb`, `generated` or `failed`.",
)
TS_POSITIONS = _result(
    "ts_positions", _POSITIONS, "TS", "The TS, atoms in the order of the input.", "Å"
)
EXPECTED_RMSD = _result(
    "expected_rmsd",
    pa.float32(),
    "expected RMSD",
    "Expected RMSD of the TS from the true one; with status `xtb` that of the generated TS; null "
    "where the weights do not know such a reaction.",
    "Å",
)
P_GOOD = _result(
    "p_good",
    pa.float32(),
    "p_good",
    "Calibrated probability that the RMSD of the TS is under 0.2 Å; 0 where the weights do not "
    "know such a reaction.",
)
SAMPLE_SPREAD = _result(
    "sample_spread",
    pa.float32(),
    "sample spread",
    "Mean RMSD of the other samples from the recommended one.",
    "Å",
)
N_SAMPLES = _result(
    "n_samples",
    pa.int32(),
    "samples",
    "How many TSs were sampled.",
)
BARRIER = _result(
    "barrier_kcal_mol", pa.float64(), "barrier", "Electronic barrier at `energy_level`.", "kcal/mol"
)
REVERSE_BARRIER = _result(
    "reverse_barrier_kcal_mol",
    pa.float64(),
    "reverse barrier",
    "Electronic barrier from the side of the product, at `energy_level`.",
    "kcal/mol",
)
REACTION_ENERGY = _result(
    "reaction_energy_kcal_mol",
    pa.float64(),
    "reaction energy",
    "Electronic energy of the product over the reactant, at `energy_level`.",
    "kcal/mol",
)
ENERGY_LEVEL = _result(
    "energy_level",
    _TEXT,
    "level of theory",
    "Level of theory of the energies, `//`, and of the geometries.",
)
BARRIER_ML = _result(
    "barrier_ml_kcal_mol",
    pa.float64(),
    "barrier, predicted",
    "Predicted barrier: of a refined TS, or of a verified saddle point where that is the surer "
    "one, from the corrected surface and the committee behind it; else from the TS, its GFN2-xTB "
    "energies and forces.",
    "kcal/mol",
)
BARRIER_ML_LOW = _result(
    "barrier_ml_low_kcal_mol",
    pa.float64(),
    "predicted, low",
    "Lower end of the 90 % interval of the predicted barrier.",
    "kcal/mol",
)
BARRIER_ML_HIGH = _result(
    "barrier_ml_high_kcal_mol",
    pa.float64(),
    "predicted, high",
    "Upper end of the 90 % interval of the predicted barrier.",
    "kcal/mol",
)
BARRIER_ML_LEVEL = _result(
    "barrier_ml_level",
    _TEXT,
    "level of the prediction",
    "Level of theory of the predicted barrier; null where the weights know none for such elements, "
    "charge, multiplicity or size.",
)
RATE_CONSTANT = _result(
    "rate_constant_s1",
    pa.float64(),
    "rate constant",
    "By Eyring at the run's temperature, the predicted barrier in place of the Gibbs energy of "
    "activation: entropy and tunnelling are left out; null where the row is doubtful.",
    "1/s",
)
LOG10_RATE_LOW = _result(
    "log10_rate_constant_low",
    pa.float64(),
    "log10 rate, low",
    "Lower end of the 90 % interval of log10 of the rate constant in 1/s.",
)
LOG10_RATE_HIGH = _result(
    "log10_rate_constant_high",
    pa.float64(),
    "log10 rate, high",
    "Upper end of the 90 % interval of log10 of the rate constant in 1/s.",
)
SOLVENT = _result(
    "solvent",
    _TEXT,
    "solvent",
    "Implicit solvent (ALPB) of all energies; null in the gas phase.",
)
VERIFIED = _result(
    "verified",
    pa.bool_(),
    "verified",
    "Whether the saddle point that was found joins reactant and product, with an intermediate on "
    "the way or without; null where that was not tried, or a search found no saddle point.",
)
CONNECTS = _result(
    "connects",
    _TEXT,
    "path leads to",
    "What the path from the saddle point leads to on both ways down.",
)
XTB_ROUTE = _result(
    "xtb_route",
    _TEXT,
    "searches",
    "The rungs of the search ladder that were tried, in order; that of a verified saddle point is "
    "the last.",
)
SEARCH_EFFORT = _result(
    "search_effort",
    _TEXT,
    "effort",
    "The `--effort` of the search, whatever came of it; null where none was made.",
)
SEARCH_LEVEL = _result(
    "search_level",
    _TEXT,
    "level asked for",
    "The `--level` of the search; that of the energies found is in `energy_level`.",
)
XTB_STEPS = _result(
    "xtb_steps", pa.int32(), "steps", "Steps of the saddle search that reached the saddle point."
)
XTB_WALL_S = _result(
    "xtb_wall_s",
    pa.float64(),
    "calculations",
    "All the time that the row spent on calculations.",
    "s",
)
N_IMAGINARY = _result(
    "n_imaginary",
    pa.int32(),
    "imaginary modes",
    "Number of imaginary modes of a saddle point that was found, else null.",
)
IMAGINARY_FREQUENCY = _result(
    "imaginary_frequency_cm1",
    pa.float64(),
    "imaginary frequency",
    "Of the strongest imaginary mode of a saddle point that was found, as a positive number.",
    "cm⁻¹",
)
IMAGINARY_MODE = _result(
    "imaginary_mode",
    _POSITIONS,
    "imaginary mode",
    "Of a TS with status `refined` or `xtb`: displacement of every atom, the largest 1 Å.",
    "Å",
)
ENTHALPY_BARRIER = _result(
    "enthalpy_barrier_kcal_mol",
    pa.float64(),
    "enthalpy barrier",
    "Of a TS with status `refined` or `xtb`, at the run's temperature, every molecule relaxed on "
    "its own.",
    "kcal/mol",
)
REACTION_ENTHALPY = _result(
    "reaction_enthalpy_kcal_mol",
    pa.float64(),
    "reaction enthalpy",
    "Enthalpy of the product over the reactant, under the conditions of the enthalpy barrier.",
    "kcal/mol",
)
GIBBS_BARRIER = _result(
    "gibbs_barrier_kcal_mol",
    pa.float64(),
    "Gibbs barrier",
    "Of a TS with status `refined` or `xtb`, at the run's temperature and 1 atm, every molecule "
    "relaxed on its own.",
    "kcal/mol",
)
GIBBS_REACTION_ENERGY = _result(
    "gibbs_reaction_energy_kcal_mol",
    pa.float64(),
    "Gibbs reaction energy",
    "Gibbs energy of the product over the reactant, under the conditions of the Gibbs barrier.",
    "kcal/mol",
)
GENERATED_P_GOOD = _result(
    "generated_p_good",
    pa.float32(),
    "p_good as generated",
    "`p_good` of the generated TS, whatever became of it.",
)
REFINEMENT_RMSD = _result(
    "refinement_rmsd",
    pa.float32(),
    "moved by refinement",
    "RMSD of the saddle point that was found from the generated TS.",
    "Å",
)
FORCE_DISAGREEMENT = _result(
    "force_disagreement",
    pa.float64(),
    "disagreement in a force",
    "Largest disagreement of the correction's committee in the force on an atom of the saddle "
    "point.",
    "eV/Å",
)
BARRIER_DISAGREEMENT = _result(
    "barrier_disagreement",
    pa.float64(),
    "disagreement in the barrier",
    "Standard deviation of the barrier over the members of the correction's committee.",
    "kcal/mol",
)
CORRECTION_OFF = _result(
    "correction_off",
    _TEXT,
    "correction off",
    "Why the correction was not used: `elements`, `size` or `state` (charge and multiplicity) that "
    "it does not know, or `disagreement` of its committee; null where it was used, or not asked "
    "for.",
)
WARNINGS = _result(
    "warnings",
    pa.list_(pa.string()),
    "warnings",
    "Codes of what deserves a second look; an empty list where there is nothing.",
)
ERROR_CODE = _result("error_code", _TEXT, "error", "What a failed row failed of, else null.")
ERROR_MESSAGE = _result(
    "error_message", _TEXT, "error message", "What a failed row failed of, as a sentence."
)
SEED = _result("seed", pa.int64(), "seed", "The seed of the run.")
MODEL_VERSION = _result("model_version", _TEXT, "model", "The version of the weights.")
WALL_S = _result("wall_s", pa.float64(), "all work", "Time that all stages spent on the row.", "s")

N_SADDLES = _result(
    "n_saddle_points",
    pa.int32(),
    "saddle points",
    "How many saddle points that join reactant and product were found; all are in the candidates.",
)
CONFORMER_GAIN = _result(
    "conformer_gain_kcal_mol",
    pa.float64(),
    "lower by another conformer",
    "By how much the TS lies below the first saddle point found, electronic; 0 where it is that.",
    "kcal/mol",
)
ONE_STEP = _result(
    "one_step_kcal_mol",
    pa.float64(),
    "in one step",
    "By how much the lowest saddle point found that joins reactant and product in one step, "
    "without an intermediate between, lies above the TS, electronic; 0 where it is the TS, null "
    "where none was found.",
    "kcal/mol",
)
REACTANT_CONFORMER = _result(
    "reactant_conformer_kcal_mol",
    pa.float64(),
    "reactant's conformer",
    "By how much a conformer that was found lies below the reactant next to the given one, which "
    "barriers refer to; with `--effort thorough`.",
    "kcal/mol",
)
PRODUCT_CONFORMER = _result(
    "product_conformer_kcal_mol",
    pa.float64(),
    "product's conformer",
    "The same of the product.",
    "kcal/mol",
)
N_BOND_CHANGES = _result(
    "n_bond_changes",
    pa.int32(),
    "bond changes",
    "How many bonds form and break, atom by atom as the sides are given.",
)
MAPPED_SMILES = _result(
    "mapped_smiles",
    _TEXT,
    "mapped SMILES",
    "The reaction SMILES with the map that was found for it; null where the input brings a map.",
)
N_MAPPINGS = _result(
    "n_mappings",
    pa.int32(),
    "mappings",
    "How many maps of the atoms change equally few bonds, each of them screened as `ID#1`, `ID#2` "
    "and so on; null where the input brings a map.",
)
LOWEST_MAPPING = _result(
    "lowest_mapping",
    pa.bool_(),
    "lowest mapping",
    "Whether no other map of this reaction has a lower barrier, predicted or else computed; null "
    "where there is one map.",
)
PRODUCT_ORDER = _result(
    "product_order",
    pa.list_(pa.int32()),
    "order of the product",
    "Which atom of the product, counted from 0 as it was given, is each atom of the reactant; null "
    "where the order is that of the input.",
)
FEWER_BOND_CHANGES = _result(
    "fewer_bond_changes",
    pa.int32(),
    "fewer bond changes",
    "How many bonds another order of the product's atoms would change, where that is fewer.",
)

# --- rejects ---
_reject = partial(_column, Role.REJECT)
CODE = _reject("code", _TEXT, "code", "Why the row was turned away.")
MESSAGE = _reject("message", _TEXT, "message", "Why, as a sentence, and the remedy.")

# --- candidates ---
_candidate = partial(_column, Role.CANDIDATE)
CANDIDATE_RANK = _candidate(
    "candidate_rank",
    pa.int32(),
    "rank",
    "From 1, the TS of the results where it is verified; by Gibbs energy, those first that join "
    "reactant and product.",
)
CANDIDATE_ENERGY = _candidate(
    "candidate_energy_ev",
    pa.float64(),
    "energy",
    "Electronic energy at `energy_level`.",
    "eV",
)
CANDIDATE_GIBBS = _candidate(
    "candidate_gibbs_energy_ev",
    pa.float64(),
    "Gibbs energy",
    "At the run's temperature and 1 atm.",
    "eV",
)
BOLTZMANN_WEIGHT = _candidate(
    "boltzmann_weight",
    pa.float64(),
    "weight",
    "Share of the saddle points that join reactant and product, by Gibbs energy at the run's "
    "temperature; null for others.",
)
VIBRATIONS = _candidate(
    "vibrations_cm1",
    pa.list_(pa.float64()),
    "vibrations",
    "Frequencies of all modes, the imaginary one negative.",
    "cm⁻¹",
)
FOUND_BY = _candidate(
    "found_by",
    _TEXT,
    "found by",
    "The rung of the search (`back-side` also where the first saddle point was found by another), "
    "`other-N` for one of the other candidates, `halfway-N` for a start between both sides, "
    "`fold-N` for a fold, or `turn-A-B` for a turn about the bond between atoms A and B, counted "
    "from 0; in a network how the step was thought of: `enumerated`, `proposed` by the model, or "
    "`other-end` where the ways down of the search of another step, or of a driven one, led.",
)
END_POSITIONS = _candidate(
    "end_positions", _POSITIONS, "one end", "Where one way down leads, nearly a minimum.", "Å"
)
OTHER_END_POSITIONS = _candidate(
    "other_end_positions", _POSITIONS, "other end", "Where the other way down leads.", "Å"
)

# --- paths ---
_path = partial(_column, Role.PATH)
PATH_POSITIONS = _path(
    "path_positions",
    pa.list_(_POSITIONS),
    "path",
    "Every step of the ways down from the saddle point, from the reactant's end to the product's.",
    "Å",
)
PATH_ENERGIES = _path(
    "path_energies_kcal_mol",
    pa.list_(pa.float64()),
    "energies",
    "Electronic energy of every frame above the saddle point, at `energy_level`.",
    "kcal/mol",
)
PATH_TS = _path(
    "path_ts", pa.int32(), "frame of the TS", "Which frame is the saddle point, from 0."
)

# --- samples ---
_sample = partial(_column, Role.SAMPLE)
SAMPLE_RANK = _sample(
    "sample_rank", pa.int32(), "rank", "From 1, as the recommender ranks them by geometry alone."
)
SAMPLE_POSITIONS = _sample("sample_positions", _POSITIONS, "sample", "A sampled TS.", "Å")
SAMPLE_EXPECTED_RMSD = _sample(
    "sample_expected_rmsd",
    pa.float32(),
    "expected RMSD",
    "Expected RMSD of the sample from the true TS.",
    "Å",
)
SAMPLE_P_GOOD = _sample(
    "sample_p_good",
    pa.float32(),
    "p_good",
    "Calibrated probability that the RMSD of the sample is under 0.2 Å; 0 where atoms collide.",
)

# --- quantum chemistry ---
_quantum = partial(_column, Role.QUANTUM)
QC_LEVEL = _quantum(
    "qc_level", _TEXT, "quantum chemistry", "Level of theory of the quantum chemistry."
)
QC_PROGRAM = _quantum("qc_program", _TEXT, "program", "The program that did it.")
BARRIER_QC = _quantum(
    "barrier_qc_kcal_mol",
    pa.float64(),
    "barrier, quantum chemistry",
    "Electronic barrier at `qc_level`, the TS and each molecule of the reactant optimised at it.",
    "kcal/mol",
)
BARRIER_QC_ZPE = _quantum(
    "barrier_qc_zpe_kcal_mol",
    pa.float64(),
    "the same with zero-point energy",
    "The same with harmonic zero-point energies; null where the vibrations of a molecule are not "
    "known.",
    "kcal/mol",
)
REACTION_ENERGY_QC = _quantum(
    "reaction_energy_qc_kcal_mol",
    pa.float64(),
    "reaction energy, quantum chemistry",
    "Electronic energy of the product over the reactant at `qc_level`; null until its molecules "
    "are done.",
    "kcal/mol",
)
IMAGINARY_FREQUENCY_QC = _quantum(
    "imaginary_frequency_qc_cm1",
    pa.float64(),
    "imaginary frequency, quantum chemistry",
    "Of the one imaginary mode at `qc_level`, as a positive number.",
    "cm⁻¹",
)
CONNECTS_QC = _quantum(
    "connects_qc",
    _TEXT,
    "path leads to, quantum chemistry",
    "What the paths down from the TS lead to at `qc_level`; null where they were not followed.",
)
TS_RMSD_QC = _quantum(
    "ts_rmsd_qc",
    pa.float64(),
    "RMSD from quantum chemistry",
    "RMSD of the TS of the results from that at `qc_level`.",
    "Å",
)
TS_POSITIONS_QC = _quantum(
    "ts_positions_qc", _POSITIONS, "TS, quantum chemistry", "The TS at `qc_level`.", "Å"
)

# --- networks ---
_molecule = partial(_column, Role.MOLECULE)
MOLECULE = _molecule(
    "molecule",
    _TEXT,
    "molecule",
    "Canonical SMILES without stereochemistry: the name of the molecule in its network.",
)
INCHIKEY = _molecule("inchikey", _TEXT, "InChIKey", "The standard InChIKey of that SMILES.")
FORMULA = _molecule("formula", _TEXT, "formula", "Elements and their numbers, in Hill order.")
MOLECULE_POSITIONS = _molecule(
    "positions", _POSITIONS, "structure", "The lowest conformer that was found.", "Å"
)
MOLECULE_ENERGY = _molecule(
    "energy_ev", pa.float64(), "energy", "Electronic energy at `energy_level`.", "eV"
)
MOLECULE_GIBBS = _molecule(
    "gibbs_energy_ev",
    pa.float64(),
    "Gibbs energy",
    "At the network's temperature and 1 atm; null where it is not known.",
    "eV",
)
GENERATION = _molecule(
    "generation",
    pa.int32(),
    "generation",
    "In which generation it was found, counted from 1; 0 for the molecules of the start.",
)
_step = partial(_column, Role.STEP)
REACTANTS = _step(
    "reactants",
    pa.list_(_TEXT),
    "reactants",
    "The molecules that were known first, sorted, one entry for each.",
)
PRODUCTS = _step(
    "products", pa.list_(_TEXT), "products", "The molecules that they become, likewise."
)

# --- tags, whose types are the user's ---
# those that a sweep gives its reactions, beside one for each slot of its template
TEMPLATE = "template"
CANDIDATE = "candidate"
ISOMER = "isomer"
# those of reference data for training: which rows may touch the weights ("train"), which sides
# ("reactant", "product") have geometries of GFN2-xTB, not of the reference, and what the molecules
# of these look like at the reference's own minima, in Å, where that is known; and the forces of the
# reference on all three structures, in eV/Å, where they are not its stationary points; barriers and
# electronic reaction energies stand in the columns of results
SPLIT = "split"
BARRIER_LEVEL = "barrier_level"
WITH_ZERO_POINT = "with ZPE"
"""Ends the name of a level whose barriers hold zero-point energies."""
RELAXED_SIDES = "relaxed_sides"
MINIMA = ("reactant_minimum", "product_minimum")
FORCES = ("ts_forces", "reactant_forces", "product_forces")


def _with_role(role: Role) -> tuple[str, ...]:
    return tuple(name for name, column in COLUMNS.items() if column.role is role)


CONTRACT = _with_role(Role.CONTRACT)
STATES = (REACTANT_STATES, PRODUCT_STATES)
OPTIONAL = (SMILES, *STATES, TS_GUESS)
REQUIRED = tuple(name for name in CONTRACT if name not in OPTIONAL)
FROM_READING = (MAPPED_SMILES, N_MAPPINGS, PRODUCT_ORDER)
"""What reading the input has found out, and reading the results again could not."""
STRUCTURE = (
    ATOMIC_NUMBERS,
    REACTANT_POSITIONS,
    PRODUCT_POSITIONS,
    REACTANT_FRAGMENTS,
    PRODUCT_FRAGMENTS,
)
INTERNAL = _with_role(Role.INTERNAL)
# The reaction itself, as it was read or built from its SMILES, follows its status.
RESULT = tuple(dict.fromkeys((REACTION_ID, STATUS, *REQUIRED, *_with_role(Role.RESULT))))
REJECT = (SOURCE, SOURCE_ROW, REACTION_ID, CODE, MESSAGE)

FOUND = (
    TS_POSITIONS,
    CANDIDATE_ENERGY,
    CANDIDATE_GIBBS,
    BOLTZMANN_WEIGHT,
    ENERGY_LEVEL,
    VIBRATIONS,
    VERIFIED,
    CONNECTS,
    FOUND_BY,
    END_POSITIONS,
    OTHER_END_POSITIONS,
)
"""Of a saddle point that was found."""
CANDIDATE_ROW = (REACTION_ID, CANDIDATE_RANK, *FOUND)

WAY = _with_role(Role.PATH)
PATH_ROW = (REACTION_ID, CANDIDATE_RANK, ENERGY_LEVEL, *WAY)

SADDLE_POINTS = _working(
    "saddle_points",
    pa.list_(pa.struct([(name, COLUMNS[name].type) for name in (*FOUND, *WAY)])),
    "saddle points",
    "All that were found, by rank.",
)

OF_A_SAMPLE = _with_role(Role.SAMPLE)
SAMPLE_ROW = (REACTION_ID, *OF_A_SAMPLE)
SAMPLES = _working(
    "all_samples",
    pa.list_(pa.struct([(name, COLUMNS[name].type) for name in OF_A_SAMPLE])),
    "all samples",
    "All TSs that were sampled, by rank, where they are to be kept.",
)

QUANTUM_ROW = (REACTION_ID, *_with_role(Role.QUANTUM))
JOINED = (QC_LEVEL, BARRIER_QC, BARRIER_QC_ZPE, TS_RMSD_QC)
"""What readers of the results see of the quantum chemistry, where any was absorbed."""

OF_NETWORKS = (Role.MOLECULE, Role.STEP)
"""What no run has: tags may have the names of such columns."""

MOLECULE_ROW = (
    MOLECULE,
    INCHIKEY,
    FORMULA,
    CHARGE,
    MULTIPLICITY,
    ATOMIC_NUMBERS,
    MOLECULE_POSITIONS,
    MOLECULE_ENERGY,
    MOLECULE_GIBBS,
    ENERGY_LEVEL,
    GENERATION,
)

CONFORMERS = (N_SADDLES, CONFORMER_GAIN, ONE_STEP, REACTANT_CONFORMER, PRODUCT_CONFORMER)

PREDICTED = (
    BARRIER_ML,
    BARRIER_ML_LOW,
    BARRIER_ML_HIGH,
    BARRIER_ML_LEVEL,
    RATE_CONSTANT,
    LOG10_RATE_LOW,
    LOG10_RATE_HIGH,
)
"""What the model makes of a TS and its energies."""

PROFILE = (BARRIER, REVERSE_BARRIER, REACTION_ENERGY, ENERGY_LEVEL)
"""Energies of a TS between its sides, and the level of theory that they were computed at."""

THERMO = (ENTHALPY_BARRIER, REACTION_ENTHALPY, GIBBS_BARRIER, GIBBS_REACTION_ENERGY)
"""Of a saddle point that joins reactant and product, at the temperature of the run."""

STEP_ROW = (
    REACTION_ID,
    REACTANTS,
    PRODUCTS,
    GENERATION,
    FOUND_BY,
    SMILES,
    *REQUIRED[1:],
    TS_POSITIONS,
    *PROFILE,
    *THERMO,
    *PREDICTED,
    IMAGINARY_FREQUENCY,
    VERIFIED,
    WARNINGS,
)
"""Of one elementary step: the lowest saddle point that joins the same molecules."""

SIDES = (REACTANT_ENERGY, PRODUCT_ENERGY)

FOLLOWED = (VERIFIED, CONNECTS, XTB_ROUTE, XTB_STEPS, N_IMAGINARY, IMAGINARY_FREQUENCY)
"""How a saddle point was found, and where the ways down from it lead."""

ERROR = (STATUS, ERROR_CODE, ERROR_MESSAGE)
"""What a calculation that fails leaves behind."""

SEARCHED = (SEARCH_EFFORT, SEARCH_LEVEL)
"""How a saddle point was searched, whatever came of it."""

STAGE_SECONDS = (BUILD_S, SAMPLE_S, XTB_WALL_S)
"""What `wall_s` adds up."""

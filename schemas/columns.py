"""The name of every column of every table, written once.

A reaction is one row. It enters with the contract columns, gathers internal, working and result
columns from stage to stage, and leaves as one row of the results or of the rejects.
"""

# --- contract: what the user gives ---
REACTION_ID = "reaction_id"
ATOMIC_NUMBERS = "atomic_numbers"
REACTANT_POSITIONS = "reactant_positions"
PRODUCT_POSITIONS = "product_positions"
REACTANT_FRAGMENTS = "reactant_fragments"
PRODUCT_FRAGMENTS = "product_fragments"
CHARGE = "charge"
MULTIPLICITY = "multiplicity"
SMILES = "smiles"

STRUCTURE = (
    ATOMIC_NUMBERS,
    REACTANT_POSITIONS,
    PRODUCT_POSITIONS,
    REACTANT_FRAGMENTS,
    PRODUCT_FRAGMENTS,
)
REQUIRED = (REACTION_ID, *STRUCTURE, CHARGE, MULTIPLICITY)
CONTRACT = (*REQUIRED, SMILES)

# --- tags that a sweep gives its reactions, beside one for each slot of its template ---
TEMPLATE = "template"
CANDIDATE = "candidate"

# --- reference data for training: which rows may touch the weights ("train") and which may not ---
SPLIT = "split"
BARRIER_LEVEL = "barrier_level"

# --- internal: where a row came from, and why it was turned away (null for a good row) ---
SOURCE = "source"
SOURCE_ROW = "source_row"
REJECT_CODE = "reject_code"
REJECT_MESSAGE = "reject_message"

SOURCE_CHUNK = "source_chunk"  # what the row is read, sampled and written with
CHUNK_PLACE = "chunk_place"  # which of the rows of its chunk it is, from 0
CHUNK_ROWS = "chunk_rows"  # how many there are

INTERNAL = (
    SOURCE,
    SOURCE_ROW,
    REJECT_CODE,
    REJECT_MESSAGE,
    SOURCE_CHUNK,
    CHUNK_PLACE,
    CHUNK_ROWS,
)

# --- working: what one stage leaves for the next; never written ---
CANDIDATES = "candidates"
CANDIDATE_LOG_RMSD = "candidate_log_rmsd"
CANDIDATE_ODDS = "candidate_odds"
REACTANT_ENERGY = "reactant_energy_ev"
PRODUCT_ENERGY = "product_energy_ev"
NEEDS_SEARCH = "needs_search"
SIDES_KEPT = "sides_kept"
BUILD_S = "build_s"
SAMPLE_S = "sample_s"

WORKING = (
    CANDIDATES,
    CANDIDATE_LOG_RMSD,
    CANDIDATE_ODDS,
    REACTANT_ENERGY,
    PRODUCT_ENERGY,
    NEEDS_SEARCH,
    SIDES_KEPT,
    BUILD_S,
    SAMPLE_S,
)

# --- results: what the user gets ---
STATUS = "status"
TS_POSITIONS = "ts_positions"
EXPECTED_RMSD = "expected_rmsd"
P_GOOD = "p_good"
SAMPLE_SPREAD = "sample_spread"
N_SAMPLES = "n_samples"
BARRIER = "barrier_kcal_mol"
REVERSE_BARRIER = "reverse_barrier_kcal_mol"
REACTION_ENERGY = "reaction_energy_kcal_mol"
ENERGY_LEVEL = "energy_level"
BARRIER_ML = "barrier_ml_kcal_mol"
BARRIER_ML_LOW = "barrier_ml_low_kcal_mol"
BARRIER_ML_HIGH = "barrier_ml_high_kcal_mol"
BARRIER_ML_LEVEL = "barrier_ml_level"
RATE_CONSTANT = "rate_constant_s1"
LOG10_RATE_LOW = "log10_rate_constant_low"
LOG10_RATE_HIGH = "log10_rate_constant_high"
VERIFIED = "verified"
CONNECTS = "connects"
XTB_ROUTE = "xtb_route"
XTB_STEPS = "xtb_steps"
XTB_WALL_S = "xtb_wall_s"
N_IMAGINARY = "n_imaginary"
IMAGINARY_FREQUENCY = "imaginary_frequency_cm1"
IMAGINARY_MODE = "imaginary_mode"
ENTHALPY_BARRIER = "enthalpy_barrier_kcal_mol"
GIBBS_BARRIER = "gibbs_barrier_kcal_mol"
GIBBS_REACTION_ENERGY = "gibbs_reaction_energy_kcal_mol"
GENERATED_P_GOOD = "generated_p_good"
REFINEMENT_RMSD = "refinement_rmsd"
FORCE_DISAGREEMENT = "force_disagreement"
BARRIER_DISAGREEMENT = "barrier_disagreement"
CORRECTION_OFF = "correction_off"
WARNINGS = "warnings"
ERROR_CODE = "error_code"
ERROR_MESSAGE = "error_message"
SEED = "seed"
MODEL_VERSION = "model_version"
WALL_S = "wall_s"

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

SIDES = (REACTANT_ENERGY, PRODUCT_ENERGY)

FOLLOWED = (VERIFIED, CONNECTS, XTB_ROUTE, XTB_STEPS, N_IMAGINARY, IMAGINARY_FREQUENCY)
"""How a saddle point was found, and where the ways down from it lead."""

ERROR = (STATUS, ERROR_CODE, ERROR_MESSAGE)
"""What a calculation that fails leaves behind."""

THERMO = (ENTHALPY_BARRIER, GIBBS_BARRIER, GIBBS_REACTION_ENERGY)
"""Of a saddle point that joins reactant and product, at the temperature of the run."""

STAGE_SECONDS = (BUILD_S, SAMPLE_S, XTB_WALL_S)
"""What `wall_s` adds up."""

RESULT = (
    REACTION_ID,
    STATUS,
    *STRUCTURE,
    CHARGE,
    MULTIPLICITY,
    TS_POSITIONS,
    EXPECTED_RMSD,
    P_GOOD,
    SAMPLE_SPREAD,
    N_SAMPLES,
    BARRIER,
    REVERSE_BARRIER,
    REACTION_ENERGY,
    ENERGY_LEVEL,
    *PREDICTED,
    VERIFIED,
    CONNECTS,
    XTB_ROUTE,
    XTB_STEPS,
    XTB_WALL_S,
    N_IMAGINARY,
    IMAGINARY_FREQUENCY,
    IMAGINARY_MODE,
    *THERMO,
    GENERATED_P_GOOD,
    REFINEMENT_RMSD,
    FORCE_DISAGREEMENT,
    BARRIER_DISAGREEMENT,
    CORRECTION_OFF,
    WARNINGS,
    ERROR_CODE,
    ERROR_MESSAGE,
    SEED,
    MODEL_VERSION,
    WALL_S,
)

# --- rejects ---
CODE = "code"
MESSAGE = "message"

REJECT = (SOURCE, SOURCE_ROW, REACTION_ID, CODE, MESSAGE)

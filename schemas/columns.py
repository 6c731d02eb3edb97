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

# --- reference data for training: which rows may touch the weights ("train") and which may not ---
SPLIT = "split"

# --- internal: where a row came from, and why it was turned away (null for a good row) ---
SOURCE = "source"
SOURCE_ROW = "source_row"
REJECT_CODE = "reject_code"
REJECT_MESSAGE = "reject_message"

INTERNAL = (SOURCE, SOURCE_ROW, REJECT_CODE, REJECT_MESSAGE)

# --- working: what one stage leaves for the next; never written ---
CANDIDATES = "candidates"
NEEDS_SEARCH = "needs_search"
BUILD_S = "build_s"
SAMPLE_S = "sample_s"
XTB_S = "xtb_s"

STAGE_SECONDS = (BUILD_S, SAMPLE_S, XTB_S)
WORKING = (CANDIDATES, NEEDS_SEARCH, *STAGE_SECONDS)

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
N_IMAGINARY = "n_imaginary"
IMAGINARY_FREQUENCY = "imaginary_frequency_cm1"
ERROR_CODE = "error_code"
ERROR_MESSAGE = "error_message"
SEED = "seed"
MODEL_VERSION = "model_version"
WALL_S = "wall_s"

RESULT = (
    REACTION_ID,
    STATUS,
    ATOMIC_NUMBERS,
    TS_POSITIONS,
    EXPECTED_RMSD,
    P_GOOD,
    SAMPLE_SPREAD,
    N_SAMPLES,
    BARRIER,
    REVERSE_BARRIER,
    REACTION_ENERGY,
    ENERGY_LEVEL,
    N_IMAGINARY,
    IMAGINARY_FREQUENCY,
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

SAMPLED = (
    TS_POSITIONS,
    CANDIDATES,
    EXPECTED_RMSD,
    P_GOOD,
    SAMPLE_SPREAD,
    N_SAMPLES,
    SEED,
    MODEL_VERSION,
    STATUS,
    SAMPLE_S,
)
"""What the sampling stage writes."""

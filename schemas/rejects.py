"""The machine-readable reasons for turning a row away."""

from enum import StrEnum


class RejectCode(StrEnum):
    """One code for each way in which an input row can be bad."""

    # the file
    UNREADABLE_FILE = "unreadable_file"
    EMPTY_TABLE = "empty_table"
    MISSING_SIDE = "missing_side"
    # the columns and cells
    MISSING_COLUMN = "missing_column"
    WRONG_TYPE = "wrong_type"
    MISSING_VALUE = "missing_value"
    DUPLICATE_ID = "duplicate_id"
    LENGTHS_DIFFER = "lengths_differ"
    # the chemistry
    TOO_FEW_ATOMS = "too_few_atoms"
    TOO_MANY_ATOMS = "too_many_atoms"
    UNKNOWN_ELEMENT = "unknown_element"
    ELEMENTS_DIFFER = "elements_differ"
    NOT_FINITE = "not_finite"
    ATOMS_OVERLAP = "atoms_overlap"
    ELECTRON_COUNT = "electron_count"
    # what it did to a stage; also an error code, of rows that have a transition state already
    OUT_OF_MEMORY = "out_of_memory"
    WORKER_DIED = "worker_died"
    STAGE_FAILED = "stage_failed"
    # SMILES
    BAD_SMILES = "bad_smiles"
    UNMAPPED_SMILES = "unmapped_smiles"
    NO_MAPPING = "no_mapping"  # of structures too
    STRUCTURE_FAILED = "structure_failed"
    # sweeps
    BAD_CANDIDATE = "bad_candidate"

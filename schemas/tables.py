"""The Arrow schemas of the three tables: reactions in, results and rejects out."""

import pyarrow as pa

from tscreen.schemas import columns as c

SCHEMA_VERSION = 6

POSITIONS = pa.list_(pa.list_(pa.float32(), 3))
"""Coordinates of one structure, (N, 3) in Angstrom."""

TYPES: dict[str, pa.DataType] = {
    c.REACTION_ID: pa.string(),
    c.ATOMIC_NUMBERS: pa.list_(pa.uint8()),
    c.REACTANT_POSITIONS: POSITIONS,
    c.PRODUCT_POSITIONS: POSITIONS,
    c.REACTANT_FRAGMENTS: pa.list_(pa.uint8()),
    c.PRODUCT_FRAGMENTS: pa.list_(pa.uint8()),
    c.CHARGE: pa.int32(),
    c.MULTIPLICITY: pa.int32(),
    c.SMILES: pa.string(),
    c.SOURCE: pa.string(),
    c.SOURCE_ROW: pa.int64(),
    c.REJECT_CODE: pa.string(),
    c.REJECT_MESSAGE: pa.string(),
    c.SOURCE_CHUNK: pa.string(),
    c.CHUNK_PLACE: pa.int32(),
    c.CHUNK_ROWS: pa.int32(),
    c.CANDIDATES: pa.list_(POSITIONS),
    c.CANDIDATE_LOG_RMSD: pa.list_(pa.float32()),
    c.CANDIDATE_ODDS: pa.list_(pa.float32()),
    c.REACTANT_ENERGY: pa.float64(),
    c.PRODUCT_ENERGY: pa.float64(),
    c.NEEDS_SEARCH: pa.bool_(),
    c.SIDES_KEPT: pa.bool_(),
    c.BUILD_S: pa.float64(),
    c.SAMPLE_S: pa.float64(),
    c.STATUS: pa.string(),
    c.TS_POSITIONS: POSITIONS,
    c.EXPECTED_RMSD: pa.float32(),
    c.P_GOOD: pa.float32(),
    c.SAMPLE_SPREAD: pa.float32(),
    c.N_SAMPLES: pa.int32(),
    c.BARRIER: pa.float64(),
    c.REVERSE_BARRIER: pa.float64(),
    c.REACTION_ENERGY: pa.float64(),
    c.ENERGY_LEVEL: pa.string(),
    c.BARRIER_ML: pa.float64(),
    c.BARRIER_ML_LOW: pa.float64(),
    c.BARRIER_ML_HIGH: pa.float64(),
    c.BARRIER_ML_LEVEL: pa.string(),
    c.RATE_CONSTANT: pa.float64(),
    c.LOG10_RATE_LOW: pa.float64(),
    c.LOG10_RATE_HIGH: pa.float64(),
    c.VERIFIED: pa.bool_(),
    c.CONNECTS: pa.string(),
    c.XTB_ROUTE: pa.string(),
    c.XTB_STEPS: pa.int32(),
    c.XTB_WALL_S: pa.float64(),
    c.N_IMAGINARY: pa.int32(),
    c.IMAGINARY_FREQUENCY: pa.float64(),
    c.IMAGINARY_MODE: POSITIONS,
    c.ENTHALPY_BARRIER: pa.float64(),
    c.GIBBS_BARRIER: pa.float64(),
    c.GIBBS_REACTION_ENERGY: pa.float64(),
    c.GENERATED_P_GOOD: pa.float32(),
    c.REFINEMENT_RMSD: pa.float32(),
    c.FORCE_DISAGREEMENT: pa.float64(),
    c.BARRIER_DISAGREEMENT: pa.float64(),
    c.CORRECTION_OFF: pa.string(),
    c.WARNINGS: pa.list_(pa.string()),
    c.ERROR_CODE: pa.string(),
    c.ERROR_MESSAGE: pa.string(),
    c.SEED: pa.int64(),
    c.MODEL_VERSION: pa.string(),
    c.WALL_S: pa.float64(),
    c.CODE: pa.string(),
    c.MESSAGE: pa.string(),
}
"""The Arrow type of every column that is not a tag."""


def _schema(kind: str, names: tuple[str, ...]) -> pa.Schema:
    metadata = {"tscreen.schema": kind, "tscreen.schema_version": str(SCHEMA_VERSION)}
    return pa.schema([(name, TYPES[name]) for name in names], metadata=metadata)


REACTION_FIELDS = _schema("reaction", c.CONTRACT)
RESULT_FIELDS = _schema("result", c.RESULT)
REJECT_FIELDS = _schema("reject", c.REJECT)


def tags_of(schema: pa.Schema) -> list[str]:
    """The user's own columns, in order: those that pass through a run untouched.

    A column that carries the name of a result (a reference `barrier_kcal_mol`, say) is not a tag:
    the run writes its own.
    """
    return [name for name in schema.names if name not in TYPES]

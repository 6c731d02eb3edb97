"""The tensors of a file of weights, read and hashed once per process."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from tscreen.model.weights import WeightsError


def read_tensors(path: Path, expected: str) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file by name; they are shared, so copy what is to be changed.

    Args:
        path: of the file.
        expected: its hash (SHA-256), from the card beside it.

    Raises:
        WeightsError: the file is missing, is not the card's, or holds no tensors.
    """
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise WeightsError(f"{path} is missing; a card alone is no model") from error
    return _read_tensors(path, expected, status.st_mtime_ns, status.st_size)


# Several stages in one process read the same file: it is read and hashed once as long as its time
# and size say that it has not been replaced. Nothing wrong can come of an old entry, as its tensors
# have the hash that the caller's card asks for. One entry for the model, one for the correction and
# one for proposals.
@lru_cache(maxsize=3)
def _read_tensors(
    path: Path, expected: str, _modified_ns: int, _size: int
) -> dict[str, NDArray[Any]]:
    data = path.read_bytes()
    if sha256(data).hexdigest() != expected:
        raise WeightsError(
            f"{path} is not the file that the card beside it describes: hashes differ"
        )
    try:
        return load(data)
    except SafetensorError as error:
        raise WeightsError(f"{path} holds no tensors: {error}") from error

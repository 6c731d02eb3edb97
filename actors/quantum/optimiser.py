"""Sella's optimiser, loaded without torch.

Sella takes torch for linear algebra on a GPU. In every process that searches that would cost a
second, 180 MiB, and a context on a GPU where there is one, for matrices that a core is done with
before they had been sent there.
"""

import sys

_torch = sys.modules.get("torch")
sys.modules["torch"] = None  # type: ignore[assignment]  # what Python takes for not installed
try:
    from sella import Sella
finally:
    del sys.modules["torch"]
    if _torch is not None:
        sys.modules["torch"] = _torch

__all__ = ["Sella"]

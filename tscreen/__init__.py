"""Screen the transition states of thousands of elementary reactions.

The rooms of this package lie beside this folder, at the root of the repository; links lead there.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tscreen.schemas.version import VERSION

if TYPE_CHECKING:
    from tscreen.actors.quantum.public import calculator
    from tscreen.screen.library.evaluating import evaluate
    from tscreen.screen.library.exploring import explore
    from tscreen.screen.library.finding import find_ts
    from tscreen.screen.library.predicting import predict
    from tscreen.screen.library.reaction import Reaction
    from tscreen.screen.library.running import read, refine, run
    from tscreen.screen.library.sweeping import rank, sweep

__version__ = VERSION

__all__ = [
    "Reaction",
    "__version__",
    "calculator",
    "evaluate",
    "explore",
    "find_ts",
    "predict",
    "rank",
    "read",
    "refine",
    "run",
    "sweep",
]

_MODULES = {
    "Reaction": "tscreen.screen.library.reaction",
    "calculator": "tscreen.actors.quantum.public",
    "evaluate": "tscreen.screen.library.evaluating",
    "explore": "tscreen.screen.library.exploring",
    "find_ts": "tscreen.screen.library.finding",
    "predict": "tscreen.screen.library.predicting",
    "rank": "tscreen.screen.library.sweeping",
    "read": "tscreen.screen.library.running",
    "refine": "tscreen.screen.library.running",
    "run": "tscreen.screen.library.running",
    "sweep": "tscreen.screen.library.sweeping",
}


def __getattr__(name: str) -> Any:
    # Imported when asked for: what they need takes longer to load than most uses of tscreen.
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

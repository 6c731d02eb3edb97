"""Screen the transition states of thousands of elementary reactions.

The rooms of this package lie beside this folder, at the root of the repository; links lead there.
"""

from typing import TYPE_CHECKING, Any

from tscreen.schemas.version import VERSION

if TYPE_CHECKING:
    from tscreen.actors.quantum.public import calculator

__version__ = VERSION

__all__ = ["__version__", "calculator"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: ASE takes longer to load than all that most uses of tscreen need.
    if name == "calculator":
        from tscreen.actors.quantum.public import calculator

        return calculator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Screen the transition states of thousands of elementary reactions.

The rooms of this package lie beside this folder, at the root of the repository; links lead there.
"""

from tscreen.schemas.version import VERSION

__version__ = VERSION

__all__ = ["__version__"]

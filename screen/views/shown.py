"""Text from data as a terminal may show it: it is never markup, and steers no terminal."""

import unicodedata
from typing import Any

from rich.table import Table
from rich.text import Text

UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of Unicode: control, format (what overrides the direction, say), half, line ends."""


def visible(text: str) -> str:
    """The text with an escape, as Python writes it, in place of each character that is not seen."""
    return "".join(
        one.encode("unicode_escape").decode() if unicodedata.category(one) in UNSEEN else one
        for one in text
    )


def shown(text: object, style: str = "") -> Text:
    """The same for Rich, which would take `[nH]` in a plain string for a style."""
    return Text(visible(str(text)), style)


def titled(title: str, *captions: str, **looks: Any) -> Table:
    """A table with such a title, and a caption of so many lines."""
    lines = Text("\n").join([shown(line, "table.caption") for line in captions])
    return Table(title=shown(title, "table.title"), caption=lines if captions else None, **looks)

"""Put the page together: one file that holds its style, its scripts and its data.

The page must stay inert whatever the names and messages of a run hold. So data enter only as
base64, scripts put them into the page as text and never as markup, and a Content-Security-Policy
lets nothing run but the scripts of this package, and nothing load at all.
"""

import base64
import hashlib
import html
import zlib
from importlib.resources import files
from string import Template

ASSETS = files("tscreen.screen.report") / "assets"
VIEWER = "3dmol/3Dmol-min.js"
VIEWER_LICENCE = "3dmol/3Dmol-LICENSE.txt"
STYLES = (
    "styles/colours.css",
    "styles/page.css",
    "styles/charts.css",
    "styles/table.css",
    "styles/reaction.css",
    "styles/narrow.css",
    "styles/print.css",
)
"""The later ones override the earlier ones."""
SCRIPTS = (
    "scripts/format.js",
    "scripts/data.js",
    "scripts/search.js",
    "scripts/tip.js",
    "charts/axes.js",
    "charts/chart.js",
    "charts/histogram.js",
    "charts/scatter.js",
    "charts/explorer.js",
    "charts/candidates.js",
    "charts/tallies.js",
    "reaction/structure.js",
    "reaction/frames.js",
    "reaction/scene.js",
    "reaction/views.js",
    "reaction/viewer.js",
    "reaction/energies.js",
    "reaction/path.js",
    "reaction/tables.js",
    "reaction/details.js",
    "scripts/table.js",
    "scripts/overview.js",
    "scripts/rankings.js",
    "scripts/run.js",
    "scripts/main.js",
)
"""In the order in which they build on each other."""


def page(title: str, data: str, structures: list[str]) -> str:
    """The whole page.

    Args:
        title: of the page; any text.
        data: what `tscreen.screen.report.collect.Content.as_json` gives.
        structures: a line for each of the first results, in the order of the data.
    """
    style = "\n".join(map(_asset, STYLES))
    viewer = _asset(VIEWER)
    script = '"use strict";\n(() => {\n' + "\n".join(map(_asset, SCRIPTS)) + "\n})();"
    policy = (
        f"default-src 'none'; script-src {digest(viewer)} {digest(script)}; "
        f"style-src {digest(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return Template(_asset("page.html")).substitute(
        policy=policy,
        title=html.escape(title),
        style=style,
        viewer=viewer,
        script=script,
        data=base64.b64encode(zlib.compress(data.encode())).decode(),
        structures="\n".join(structures),
        licence=html.escape(_asset(VIEWER_LICENCE)),
    )


def _asset(name: str) -> str:
    return (ASSETS / name).read_text("utf-8")


def digest(text: str) -> str:
    """How a policy names an inline script or style that may be used."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

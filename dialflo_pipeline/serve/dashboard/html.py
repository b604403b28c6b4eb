"""The text of the page: parts from `page/`, the packed data, and a policy that blocks everything external.

The parts are constants of this package. All data of calls is in the packed data, whose characters mean nothing to HTML
or scripts.
"""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).with_name("page")
LIBRARY = "vendor/plot.min.js"
SCRIPTS = ("data.js", "rates.js", "words.js", "elements.js", "charts.js", "selection.js", "panels.js", "main.js")
"""Concatenated in this order, they are one program."""

# The library puts this style into each chart; a policy that names its hash allows it and no other.
CHART_STYLE = """:where(.chart) {
  --plot-background: white;
  display: block;
  height: auto;
  height: intrinsic;
  max-width: 100%;
}
:where(.chart text),
:where(.chart tspan) {
  white-space: pre;
}"""


def document(data: str, state: str) -> str:
    """The whole page around the packed `data`; `state` identifies what it was built from."""
    style, library, program = _part("page.css"), _part(LIBRARY), "\n".join(map(_part, SCRIPTS))
    values = {
        "POLICY": policy(scripts=[library, program], styles=[style, CHART_STYLE]),
        "STATE": state,
        "STYLE": style,
        "LIBRARY": library,
        "PROGRAM": program,
        "DATA": data,
    }
    first, *rest = _part("page.html").split("{{")
    pieces = [first]
    for piece in rest:
        name, _, text = piece.partition("}}")
        pieces += [values[name], text]
    return "".join(pieces)


def policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """A Content-Security-Policy under which only these scripts and styles run, and no request can be made."""
    return (
        f"default-src 'none'; script-src {' '.join(map(_hash, scripts))}; style-src {' '.join(map(_hash, styles))};"
        " base-uri 'none'; form-action 'none'"
    )


def _part(name: str) -> str:
    return (PAGE / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

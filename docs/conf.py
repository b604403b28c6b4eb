"""Settings of the documentation site: Sphinx reads the Markdown pages as they are. `make site` builds it."""

import re
import tomllib
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform

ROOT = Path(__file__).resolve().parents[1]

NETWORK = re.compile(r"<(?:script|img|iframe)[^>]*src=.https?:|<link[^>]*stylesheet[^>]*https?:")

project = "Dialflo pipeline"
release = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md"]
exclude_patterns = ["build", "data", "javascript", ".venv*"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = "Dialflo pipeline"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False


class LinkToCheckout(SphinxPostTransform):
    """Links to files of the checkout, such as `../sql/`, become their plain text: the site holds pages only."""

    default_priority = 4

    def run(self, **_: Any) -> None:
        """Replace each such link."""
        for node in list(self.document.findall(lambda found: _leads_to_checkout(found, self.env.docname))):
            node.replace_self(node.children)


def _leads_to_checkout(node: nodes.Node, page: str) -> bool:
    if not isinstance(node, nodes.Element) or "reftarget" not in node:
        return False
    target = (ROOT / page).parent / str(node["reftarget"])
    return target.exists() and target.suffix != ".md" and target.resolve().is_relative_to(ROOT)


def _finish(app: Sphinx, error: Exception | None) -> None:
    """Send the site's root to its index, and refuse a page that would load something from the network."""
    if error:
        return
    (app.outdir / "index.html").write_text('<meta http-equiv="refresh" content="0; url=docs/index.html">\n')
    for page in app.outdir.rglob("*.html"):
        if loaded := NETWORK.search(page.read_text("utf-8")):
            raise ExtensionError(f"{page.name} loads from the network: {loaded[0]}")


def setup(app: Sphinx) -> None:
    """Register the transform and the last step."""
    app.add_post_transform(LinkToCheckout)
    app.connect("build-finished", _finish)

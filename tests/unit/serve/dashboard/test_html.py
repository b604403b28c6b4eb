"""The text of the page, without a browser."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dialflo_pipeline.serve.dashboard import html as written
from dialflo_pipeline.serve.dashboard.html import CHART_STYLE, document


class Elements(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._within = tag

    def handle_data(self, data: str) -> None:
        if self._within in {"script", "style"}:
            self.text.setdefault(self._within, []).append(data)
            self._within = ""


@pytest.fixture(scope="module")
def page() -> str:
    return document("QUJD", "f" * 64)


@pytest.fixture(scope="module")
def elements(page: str) -> Elements:
    return Elements(page)


def _policy(elements: Elements) -> str:
    (policy,) = [
        attributes["content"]
        for tag, attributes in elements.found
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    return policy or ""


def test_the_policy_lets_in_the_scripts_and_styles_of_the_page_and_nothing_else(elements: Elements) -> None:
    data, *scripts = elements.text["script"]
    assert data == "QUJD"
    allowed = {
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in (*scripts, *elements.text["style"], CHART_STYLE)
    }
    policy = _policy(elements)
    assert set(re.findall(r"'sha256-[^']+'", policy)) == allowed
    assert re.sub(r"'sha256-[^']+' ?", "", policy) == (
        "default-src 'none'; script-src ; style-src ; base-uri 'none'; form-action 'none'"
    )
    assert "unsafe" not in policy


def test_nothing_in_the_page_leads_out_of_it_or_handles_events_by_itself(elements: Elements) -> None:
    for tag, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on") or name in {"src", "style", "action"}], tag
        assert (attributes.get("href") or "#").startswith("#")
    assert {"link", "img", "iframe", "object", "base"}.isdisjoint(tag for tag, _ in elements.found)


def test_every_control_has_a_label_and_every_panel_a_heading(page: str, elements: Elements) -> None:
    labelled = re.findall(r"<label>[^<]+<(?:select|input) id=\"(\w+)\"", page)
    assert labelled == [str(each.get("id")) for tag, each in elements.found if tag in {"select", "input"}]
    for tag, attributes in elements.found:
        if tag == "section" and "panel" in str(attributes["class"]):
            assert f'<h2 id="{attributes["aria-labelledby"]}">' in page


def test_what_the_page_was_made_from_stands_at_its_head(page: str) -> None:
    assert f'<meta name="dialflo-state" content="{"f" * 64}">' in page[:2_000]


def test_data_that_looks_like_a_place_to_fill_is_left_alone() -> None:
    assert '<script id="data" type="text/plain">{{STATE}}</script>' in document("{{STATE}}", "state")


def test_the_chart_library_is_the_file_that_was_noted() -> None:
    vendor = Path(written.__file__).parent / "page" / "vendor"
    noted, content = json.loads((vendor / "plot.json").read_text("utf-8")), (vendor / "plot.min.js").read_bytes()
    assert hashlib.sha256(content).hexdigest() == noted["sha256"], "run: make charts"
    assert len(content) == noted["bytes"] < 1_000_000
    assert all(f"{package['name']} {package['version']}\n" in content.decode() for package in noted["packages"])


def test_the_program_puts_no_text_into_the_page_as_html() -> None:
    folder = Path(written.__file__).parent / "page"
    program = "".join((folder / name).read_text("utf-8") for name in written.SCRIPTS)
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", program)

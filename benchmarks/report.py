"""What a person reads of the results: tables, where they come from, and the figures of `docs/performance.md`.

Pure: results come in, text goes out.
"""

from collections.abc import Sequence

from benchmarks.ratios import Results, ratio_rows, stage_rows

RATIO_HEADS = ("what", "ours", "beside", "theirs", "ratio", "wanted", "met")
STAGE_HEADS = ("stage", "documents", "seconds", "documents/s")


def machine_lines(results: Results) -> list[str]:
    """Where and with what the figures were made."""
    about = results["about"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return [
        f"Machine: {about['machine']}.",
        f"Server: {about['server']}. Documents: {about['document_bytes']:,} bytes each on average.",
        f"Versions: {versions}.",
        f"Medians of {about['runs']} runs, in turns. Command: `{about['command']}`, {about['day']}.",
    ]


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table for a page."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def fill_page(page: str, results: Results) -> str:
    """The page with its figures (between `<!-- figures: NAME -->` and `<!-- end -->`) replaced by these."""
    figures = {
        "machine": "\n".join(f"- {line}" for line in machine_lines(results)),
        "ratios": markdown_table(RATIO_HEADS, [row.cells for row in ratio_rows(results)]),
        "stages": markdown_table(STAGE_HEADS, stage_rows(results)),
    }
    for name, text in figures.items():
        before, begin, rest = page.partition(f"<!-- figures: {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if end:
            page = "".join((before, begin, text, "\n", end, after))
    return page

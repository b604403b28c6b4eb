"""CSV that a spreadsheet may open: no text is run as a formula.

Excel, LibreOffice and Google Sheets evaluate a cell that starts with one of a few characters, quoted or not, some also
after spaces. A cell that starts with an apostrophe is text.
"""

from typing import Final

FORMULA_STARTS: Final = "=+-@＝＋－＠"  # noqa: RUF001 - spreadsheets accept the full-width signs too
"""Start a formula, also after spaces."""

CONTROL_STARTS: Final = "\t\r\n"
"""Start a formula as the first character."""

_FORMULA_PATTERN: Final = r"^(\s*[=+\-@＝＋－＠]|[\t\r\n])"  # noqa: RUF001 - as above
_NUMBER_PATTERN: Final = "^[+-]?[0-9]+([.][0-9]+)?$"


def spreadsheet_safe(text: str) -> str:
    """The text, with a leading apostrophe if a spreadsheet could take it for a formula or a number.

    This also keeps a leading + of a phone number.
    """
    is_risky = text.startswith(tuple(CONTROL_STARTS)) or text.lstrip().startswith(tuple(FORMULA_STARTS))
    return f"'{text}" if is_risky else text


def spreadsheet_safe_sql(text: str) -> str:
    """A SQL expression for the text expression, with a leading apostrophe if a spreadsheet would run it as a formula.

    A plain signed number is not a formula, so phone numbers stay as they are.
    """
    is_risky = f"regexp_matches({text}, '{_FORMULA_PATTERN}') AND NOT regexp_matches({text}, '{_NUMBER_PATTERN}')"
    return f"CASE WHEN {is_risky} THEN '''' || {text} ELSE {text} END"

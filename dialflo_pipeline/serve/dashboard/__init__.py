"""The dashboard: one HTML file built from the published warehouse; it opens from disk and makes no requests.

`queries.py` reads the data, `limits.py` keeps it small, `masking.py` hides phone numbers, `encode.py` packs it,
`html.py` writes the text of the file, and `build.py` replaces the file if it changed. The scripts are in `page/`.
"""

from dialflo_pipeline.serve.dashboard.build import Dashboard, build_dashboard, is_current

__all__ = ["Dashboard", "build_dashboard", "is_current"]

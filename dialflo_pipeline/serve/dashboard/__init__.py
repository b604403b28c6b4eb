"""The dashboard: one HTML file made from the published warehouse, which opens from disk and asks nobody for anything.

`reading.py` says what is read, `masking.py` what of it nobody is to see, `packing.py` how it travels in the file,
`document.py` makes the file's text, `making.py` decides whether it has to be made and puts it in place. What the page
does with the data stands in `page/`.
"""

from dialflo_pipeline.serve.dashboard.build import Dashboard, build_dashboard, is_current

__all__ = ["Dashboard", "build_dashboard", "is_current"]

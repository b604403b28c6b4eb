"""`python -m dialflo_pipeline.cli`: the command line where the script `dialflo` is not on the path."""

from dialflo_pipeline.cli import main

main()

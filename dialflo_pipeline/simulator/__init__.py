"""A loopback server that speaks the documented Dialflo API: for the demo, tests and benchmarks.

`options` say what to simulate; `campaign` decides what happened (pure); `answers` tells it as the API would (pure);
`app` is the HTTP side, `server` runs it in this process and `process` in one of its own. Nothing here is used by a
live sync, and nothing here knows the pipeline's tables. Importing this package stays cheap: no web server comes in.
"""

from dialflo_pipeline.simulator.campaign import TaskRow, task_rows
from dialflo_pipeline.simulator.options import SimulatorOptions, demo_options
from dialflo_pipeline.simulator.process import RunningSimulator, running_simulator

__all__ = ["RunningSimulator", "SimulatorOptions", "TaskRow", "demo_options", "running_simulator", "task_rows"]

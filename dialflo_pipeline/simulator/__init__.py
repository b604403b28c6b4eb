"""A loopback server that speaks the documented Dialflo API: for the demo, tests and benchmarks.

`options` sets what to simulate; `campaign` decides what happened (pure); `documents` writes it as the API would (pure);
`app` is the HTTP side, `server` runs it in this process and `process` in its own. A live sync uses nothing here, and
nothing here knows the pipeline's tables. Importing this package is cheap: it imports no web server.
"""

from dialflo_pipeline.simulator.campaign import TaskRow, task_rows
from dialflo_pipeline.simulator.options import SimulatorOptions, demo_options
from dialflo_pipeline.simulator.process import RunningSimulator, running_simulator

__all__ = ["RunningSimulator", "SimulatorOptions", "TaskRow", "demo_options", "running_simulator", "task_rows"]

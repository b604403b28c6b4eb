"""Raw answers to typed frames: pure, a batch at a time."""

from dialflo_pipeline.flatten.batch import flatten
from dialflo_pipeline.flatten.frames import Flattened

__all__ = ["Flattened", "flatten"]

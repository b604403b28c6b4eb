"""Raw answers to typed frames: pure, a batch at a time."""

from dialflo_pipeline.flatten.batch import flatten
from dialflo_pipeline.flatten.frames import Flattened
from dialflo_pipeline.flatten.vectorised.sampling import SAMPLE, Usual, sampled

__all__ = ["SAMPLE", "Flattened", "Usual", "flatten", "sampled"]

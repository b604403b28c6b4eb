"""Stage 2: raw answers become typed tables, a batch at a time."""

from dialflo_pipeline.flatten.batch import flatten
from dialflo_pipeline.flatten.frames import Flattened
from dialflo_pipeline.flatten.vectorised.sampling import SAMPLE, CommonShape, sample_common_shape

__all__ = ["SAMPLE", "CommonShape", "Flattened", "flatten", "sample_common_shape"]

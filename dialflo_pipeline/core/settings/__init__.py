"""The settings: read from the environment or a `.env` file, validated once.

Nothing else in the package reads the environment for configuration.
"""

from dialflo_pipeline.core.env_file import ENV_PREFIX
from dialflo_pipeline.core.settings.loading import env_file_changed_at, load_settings
from dialflo_pipeline.core.settings.model import Settings

__all__ = ["ENV_PREFIX", "Settings", "env_file_changed_at", "load_settings"]

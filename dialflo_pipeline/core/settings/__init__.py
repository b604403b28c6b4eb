"""The settings: read from the environment or a `.env` file, validated once.

Nothing else in the package reads the environment for configuration.
"""

from dialflo_pipeline.core.settings.loading import env_file_changed_at, find_env_file, load_settings
from dialflo_pipeline.core.settings.model import ENV_PREFIX, Settings

__all__ = ["ENV_PREFIX", "Settings", "env_file_changed_at", "find_env_file", "load_settings"]

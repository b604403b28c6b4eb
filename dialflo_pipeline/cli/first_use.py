"""Keep a command without any setting from creating a data folder where nobody wants one, for example from cron."""

from pathlib import Path

from dialflo_pipeline.core.env_file import is_configured
from dialflo_pipeline.core.errors import SettingsError
from dialflo_pipeline.core.settings import Settings, load_settings


def load_settings_to_write() -> Settings:
    """The settings, for a command that writes.

    Raises `SettingsError` where there is no setting at all and no data folder yet.
    """
    settings, here = load_settings(), Path.cwd()
    if not is_configured(here) and not settings.data_dir.exists():
        raise SettingsError(
            f"No settings found: there is no .env in {here} or above, and no DIALFLO_* variable. No data folder was"
            f" created. Name the file with `dialflo --env-file FILE ...` or DIALFLO_ENV_FILE, or run the command in its"
            f" folder. To start here with defaults, set DIALFLO_DATA_DIR=data."
        )
    return settings

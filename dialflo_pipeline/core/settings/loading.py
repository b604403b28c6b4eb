"""Load the settings from the environment or the nearest `.env` file; report every invalid one."""

from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from dialflo_pipeline.core.env_file import ENV_PREFIX, find_env_file
from dialflo_pipeline.core.errors import SettingsError
from dialflo_pipeline.core.settings.model import Settings


def env_file_changed_at(start: Path | None = None) -> datetime | None:
    """When the `.env` that is read, its contents or its name, was last changed; None if there is none."""
    try:
        seen = path.stat() if (path := find_env_file(start or Path.cwd())) else None
    except (OSError, SettingsError):
        return None  # taken away meanwhile
    return datetime.fromtimestamp(max(seen.st_mtime, seen.st_ctime), UTC) if seen else None


def load_settings(start: Path | None = None) -> Settings:
    """Read and check the settings; a relative data directory becomes absolute.

    Raises `SettingsError` with one line for each invalid setting.
    """
    start = start or Path.cwd()
    env_file = find_env_file(start)
    try:
        settings = Settings(_env_file=env_file, _env_file_encoding="utf-8-sig")
    except ValidationError as error:
        raise SettingsError(_all_problems(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{env_file} cannot be read ({type(error).__name__}). Save it as UTF-8 text.") from None
    base = env_file.parent if env_file else start
    return settings.model_copy(update={"data_dir": (base / settings.data_dir).resolve()})


def _all_problems(error: ValidationError) -> str:
    lines = [
        f"  {ENV_PREFIX}{str(problem['loc'][0]).upper()} {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_input=False, include_url=False)
    ]
    return "\n".join(["Invalid settings (environment or .env):", *lines])

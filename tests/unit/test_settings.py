import os
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from dialflo_pipeline.errors import SettingsError
from dialflo_pipeline.settings import ENV_PREFIX, Settings, find_env_file, load_settings

DEFAULTS = {
    "api_token": None,
    "base_url": "https://api.dialflo.ai",
    "timezone": "UTC",
    "rate_limit": 10,
    "max_concurrency": 16,
    "tries": 5,
    "timeout_seconds": 30,
    "start_date": None,
    "settle_hours": 24,
    "engaged_seconds": 30,
    "campaign_key": None,
    "redial_max_attempts": 3,
    "redial_min_gap_minutes": 30,
    "redial_max_age_days": None,
    "calling_hours": "09:00-20:00",
    "calling_days": "mon-sat",
    "callback_keys": "call_time,callback_time",
    "callback_tolerance_minutes": 30,
}
SECRET = "s3cret-t0ken"

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load settings in an empty folder, from these variables (without their prefix) and perhaps a `.env`."""
    for name in [name for name in os.environ if name.startswith(ENV_PREFIX)]:
        monkeypatch.delenv(name)

    def run(env_file: str | None = None, **variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(ENV_PREFIX + name, value)
        if env_file is not None:
            (tmp_path / ".env").write_text(env_file, encoding="utf-8")
        return load_settings(tmp_path)

    return run


def _lines(load: Load, **variables: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(**variables)
    return str(caught.value).splitlines()


def test_every_setting_has_its_default(load: Load, tmp_path: Path) -> None:
    assert load().model_dump() == {**DEFAULTS, "data_dir": tmp_path / "data"}


def test_the_environment_goes_before_the_file(load: Load) -> None:
    settings = load("DIALFLO_TRIES=2\nDIALFLO_TIMEOUT_SECONDS=3\n", TRIES="4")
    assert (settings.tries, settings.timeout_seconds) == (4, 3)


def test_empty_values_count_as_unset(load: Load) -> None:
    names = [name.upper() for name in DEFAULTS]
    settings = load("".join(f"{ENV_PREFIX}{name}=\n" for name in names), **dict.fromkeys(names, ""))
    assert settings.model_dump(exclude={"data_dir"}) == DEFAULTS


def test_all_problems_are_told_at_once(load: Load) -> None:
    wrong = {
        "API_TOKEN": "two words",
        "BASE_URL": "ftp://h",
        "TIMEZONE": "Nowhere/At_All",
        "RATE_LIMIT": "-1",
        "MAX_CONCURRENCY": "0",
        "TRIES": "many",
        "TIMEOUT_SECONDS": "0",
        "SETTLE_HOURS": "-1",
        "ENGAGED_SECONDS": "-1",
        "REDIAL_MAX_ATTEMPTS": "0",
        "REDIAL_MIN_GAP_MINUTES": "-1",
    }
    head, *problems = _lines(load, **wrong)
    assert head == "These settings are wrong (environment or .env):"
    assert [line.split()[0] for line in problems] == [ENV_PREFIX + name for name in wrong]


@pytest.mark.parametrize("name", ["RATE_LIMIT", "TIMEOUT_SECONDS", "SETTLE_HOURS", "REDIAL_MIN_GAP_MINUTES"])
@pytest.mark.parametrize("value", ["inf", "-inf", "Infinity", "1e999", "nan"])
def test_no_number_may_be_infinite_or_none(load: Load, name: str, value: str) -> None:
    assert len(_lines(load, **{name: value})) == 2


@pytest.mark.parametrize("value", ["1.5", "0x10", "ten", " ", "1_0.5"])
def test_a_count_is_a_whole_number(load: Load, value: str) -> None:
    assert len(_lines(load, TRIES=value)) == 2


@pytest.mark.parametrize(
    "url",
    [
        "api.dialflo.ai",
        "ftp://api.dialflo.ai",
        "https://",
        "https:///path",
        "https://:443",
        "http://host:99999",
        "http://host:0",
        "http://host:port",
        "http://[::1",
        "http://two words.example",
        "http://host/\ttab",
        f"https://user:{SECRET}@host",
        f"https://user:{SECRET}\u2100@host",
        f"https://{SECRET}@host",
        f"https://host/?key={SECRET}",
        f"https://host/#{SECRET}",
        "https://host?",
        "https://host#",
    ],
)
def test_an_address_that_cannot_be_asked_is_refused_without_being_quoted(load: Load, url: str) -> None:
    problem = _lines(load, BASE_URL=url)[1]
    assert problem.startswith("  DIALFLO_BASE_URL ")
    assert SECRET not in problem


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://proxy.example/dialflo//", "https://proxy.example/dialflo"),
    ],
)
def test_an_address_loses_the_slashes_at_its_end(load: Load, url: str, taken: str) -> None:
    assert load(BASE_URL=url).base_url == taken


@pytest.mark.parametrize("token", [f"{SECRET}\n", f"{SECRET} x", f"{SECRET}é", f"{SECRET}\x7f", f"Bearer {SECRET}"])
def test_a_token_that_no_header_may_carry_is_refused_without_being_quoted(load: Load, token: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(API_TOKEN=token, TRIES="0")
    told = "".join(traceback.format_exception(caught.value))
    assert "DIALFLO_API_TOKEN" in told
    assert SECRET not in told


def test_a_byte_order_mark_hides_no_setting(load: Load) -> None:
    assert load("\ufeffDIALFLO_TRIES=2\r\nDIALFLO_TIMEOUT_SECONDS=3\r\n").tries == 2


def test_an_error_of_the_library_quotes_no_value() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(api_token=SecretStr(f"{SECRET} x"), timezone=SECRET)
    assert SECRET not in str(caught.value)


def test_the_token_shows_nowhere(load: Load) -> None:
    settings = load(API_TOKEN=SECRET)
    assert settings.api_token is not None
    assert settings.api_token.get_secret_value() == SECRET
    for text in (repr(settings), str(settings), f"{settings.model_dump()}", settings.model_dump_json()):
        assert SECRET not in text


def test_a_wrong_value_is_never_quoted(load: Load) -> None:
    assert SECRET not in "\n".join(_lines(load, TIMEZONE=SECRET, TRIES=SECRET, RATE_LIMIT=SECRET))


def test_a_relative_data_directory_is_taken_from_the_folder_of_the_file_that_was_read(
    load: Load, tmp_path: Path
) -> None:
    load("DIALFLO_DATA_DIR=here/data\n")
    deeper = tmp_path / "some" / "where"
    deeper.mkdir(parents=True)
    assert load_settings(deeper).data_dir == tmp_path / "here" / "data"
    (deeper / ".env").write_text("")
    assert load_settings(deeper).data_dir == deeper / "data"


def test_a_relative_data_directory_is_taken_from_the_current_folder_without_a_file(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(DATA_DIR="elsewhere").data_dir == tmp_path / "elsewhere"
    monkeypatch.chdir(tmp_path)
    assert load_settings().data_dir == tmp_path / "elsewhere"


def test_an_absolute_data_directory_stays_as_it_is(load: Load, tmp_path: Path) -> None:
    assert load(DATA_DIR=str(tmp_path / "far" / ".." / "away")).data_dir == tmp_path / "away"
    assert load(DATA_DIR="~/dialflo").data_dir == Path.home().resolve() / "dialflo"


def test_a_folder_called_env_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "inner" / ".env").mkdir(parents=True)
    (tmp_path / ".env").write_text("")
    assert find_env_file(tmp_path / "inner") == tmp_path / ".env"


def test_a_file_that_is_no_text_is_named(load: Load, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"DIALFLO_TRIES=\xff\xfe")
    with pytest.raises(SettingsError, match=r"\.env cannot be read"):
        load()


def test_unknown_names_are_no_problem(load: Load) -> None:
    assert load("DIALFLO_NO_SUCH=1\nOTHER=2\n").tries == 5


def test_derived_values_carry_their_units(load: Load) -> None:
    settings = load(TIMEZONE="Asia/Kolkata", SETTLE_HOURS="1.5")
    assert settings.zone.key == "Asia/Kolkata"
    assert settings.settle_after == timedelta(minutes=90)

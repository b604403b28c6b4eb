import os
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from dialflo_pipeline.core.env_file import find_env_file
from dialflo_pipeline.core.errors import SettingsError
from dialflo_pipeline.core.settings import ENV_PREFIX, Settings, load_settings

DEFAULTS = {
    "api_token": None,
    "base_url": "https://api.dialflo.ai",
    "timezone": "UTC",
    "default_region": None,
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
    "tasks_dsn": None,
    "tasks_query": None,
    "tasks_cursor_column": None,
    "tasks_overlap_minutes": 60,
    "notify_webhook": None,
    "notify_webhook_form": "auto",
    "notify_smtp": None,
    "notify_from": None,
    "notify_to": None,
    "notify_warnings": False,
    "notify_ui_url": None,
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


@pytest.mark.parametrize("written", ["IN", "in", " In "])
def test_a_region_is_kept_in_capitals(load: Load, written: str) -> None:
    assert load(DEFAULT_REGION=written).default_region == "IN"


@pytest.mark.parametrize("written", ["XX", "IND", "91", "+91", "I\u0130", "001"])
def test_what_is_not_a_region_is_refused(load: Load, written: str) -> None:
    _, line = _lines(load, DEFAULT_REGION=written)
    assert "DIALFLO_DEFAULT_REGION is not a country or region" in line


def test_the_environment_goes_before_the_file(load: Load) -> None:
    settings = load("DIALFLO_TRIES=2\nDIALFLO_TIMEOUT_SECONDS=3\n", TRIES="4")
    assert (settings.tries, settings.timeout_seconds) == (4, 3)


def test_empty_values_count_as_unset(load: Load) -> None:
    names = [name.upper() for name in DEFAULTS]
    settings = load("".join(f"{ENV_PREFIX}{name}=\n" for name in names), **dict.fromkeys(names, ""))
    assert settings.model_dump(exclude={"data_dir"}) == DEFAULTS


def test_all_invalid_settings_are_reported_together(load: Load) -> None:
    wrong = {
        "API_TOKEN": "two words",
        "BASE_URL": "ftp://h",
        "TIMEZONE": "Nowhere/At_All",
        "DEFAULT_REGION": "India",
        "RATE_LIMIT": "-1",
        "MAX_CONCURRENCY": "0",
        "TRIES": "many",
        "TIMEOUT_SECONDS": "0",
        "SETTLE_HOURS": "-1",
        "ENGAGED_SECONDS": "-1",
        "REDIAL_MAX_ATTEMPTS": "0",
        "REDIAL_MIN_GAP_MINUTES": "-1",
        "TASKS_DSN": f"oracle://user:{SECRET}@host",
        "TASKS_QUERY": "SELECT 1",
        "TASKS_OVERLAP_MINUTES": "-1",
        "NOTIFY_WEBHOOK": "hooks.slack.com/services/x",
        "NOTIFY_WEBHOOK_FORM": "fax",
        "NOTIFY_SMTP": "mail.example.com",
        "NOTIFY_FROM": "nobody",
        "NOTIFY_TO": "a@example.com, b",
        "NOTIFY_WARNINGS": "perhaps",
        "NOTIFY_UI_URL": "dagster",
    }
    head, *problems = _lines(load, **wrong)
    assert head == "Invalid settings (environment or .env):"
    assert [line.split()[0] for line in problems] == [ENV_PREFIX + name for name in wrong]


@pytest.mark.parametrize(
    "name", ["RATE_LIMIT", "TIMEOUT_SECONDS", "SETTLE_HOURS", "REDIAL_MIN_GAP_MINUTES", "TASKS_OVERLAP_MINUTES"]
)
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


@pytest.mark.parametrize(
    "dsn",
    ["", "oracle://u:{}@h", "{}", "postgres://u:{}@h/d", "postgresql:/{}", "postgresql+://{}", "sqlite:{}.db"],
)
def test_a_database_that_cannot_be_read_is_refused_without_being_quoted(load: Load, dsn: str) -> None:
    problems = "\n".join(_lines(load, TASKS_DSN=dsn.format(SECRET), TASKS_QUERY="SELECT :cursor"))
    assert SECRET not in problems
    assert "DIALFLO_TASKS_" in problems


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "SELECT 1 WHERE a >= :cursors",
        "SELECT a::cursor",
        "DELETE FROM t WHERE a >= :cursor",
        "-- SELECT\nUPDATE t SET a = :cursor",
    ],
)
def test_a_query_must_select_from_a_cursor_on(load: Load, query: str) -> None:
    assert "must be one SELECT" in "\n".join(_lines(load, TASKS_DSN="sqlite:///a.db", TASKS_QUERY=query))


@pytest.mark.parametrize("query", ["select :cursor", "/* a */ WITH x AS (SELECT 1) SELECT :cursor", "(SELECT :cursor)"])
def test_a_select_is_taken_as_it_is(load: Load, query: str) -> None:
    dsn = f"postgresql+psycopg://u:{SECRET}@h/d"
    settings = load(TASKS_DSN=dsn, TASKS_QUERY=query)
    assert settings.tasks_query == query
    assert settings.tasks_dsn is not None
    assert settings.tasks_dsn.get_secret_value() == dsn
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"TASKS_DSN": "sqlite:///a.db"}, "DIALFLO_TASKS_QUERY is missing"),
        ({"TASKS_QUERY": "SELECT :cursor"}, "DIALFLO_TASKS_QUERY is set, but DIALFLO_TASKS_DSN"),
    ],
)
def test_a_database_and_its_query_go_together(load: Load, variables: dict[str, str], problem: str) -> None:
    assert problem in "\n".join(_lines(load, **variables))


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


@pytest.mark.parametrize("path", ["~nobody-who-is-here/data", "some\0where", "who?/data"])
def test_a_data_directory_that_there_cannot_be_is_refused_by_name(load: Load, path: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(f"DIALFLO_DATA_DIR={path}\n")
    assert "  DIALFLO_DATA_DIR " in str(caught.value)
    assert path not in str(caught.value)


def test_a_data_directory_that_is_no_text_is_refused(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environb, b"DIALFLO_DATA_DIR", b"d\xff\xfe")
    with pytest.raises(SettingsError, match="DIALFLO_DATA_DIR contains a character"):
        load()


@pytest.mark.parametrize(
    ("name", "value"), [("RATE_LIMIT", "1e-320"), ("RATE_LIMIT", "-1"), ("TIMEOUT_SECONDS", "1e-300")]
)
def test_numbers_too_small_to_reckon_with_are_refused(load: Load, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"DIALFLO_{name} "):
        load(**{name: value})


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


def test_channels_of_messages_are_read_with_their_secrets_kept(load: Load) -> None:
    settings = load(
        NOTIFY_WEBHOOK="https://hooks.example.com/s3cret?sig=1",
        NOTIFY_SMTP="smtp://me:s3cret%2F@mail.example.com",
        NOTIFY_FROM="d@example.com",
        NOTIFY_TO="a@example.com, b@example.com",
        NOTIFY_UI_URL="https://dagster.example.com/",
    )
    assert settings.notify_receivers == ("a@example.com", "b@example.com")
    assert settings.notify_ui_url == "https://dagster.example.com"
    assert "s3cret" not in f"{settings!r} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    "url",
    ["smtp://", "http://mail", "smtp://me@mail", "smtp://me:s3cret/x@mail", "smtp://me:s3cret@mail?x", "smtp://mail:0"],
)
def test_a_mail_server_that_is_none_is_refused_without_being_quoted(load: Load, url: str) -> None:
    problems = _lines(load, NOTIFY_SMTP=url, NOTIFY_FROM="a@example.com", NOTIFY_TO="a@example.com")[1:]
    assert [problem.split()[0] for problem in problems] == ["DIALFLO_NOTIFY_SMTP"]
    assert "s3cret" not in str(problems)


def test_mail_needs_a_sender_and_receivers(load: Load) -> None:
    problems = _lines(load, NOTIFY_SMTP="smtp://mail.example.com")[1:]
    assert [problem.split()[0] for problem in problems] == ["DIALFLO_NOTIFY_FROM", "DIALFLO_NOTIFY_TO"]
    assert load(NOTIFY_SMTP="smtp://mail.example.com", NOTIFY_FROM="a@b", NOTIFY_TO="c@d").notify_receivers == ("c@d",)
    assert "must be one" in str(_lines(load, NOTIFY_FROM="a@b,c@d"))


@pytest.mark.parametrize("url", ["ftp://h/x", "https://me:s3cret@h/x", "https://h/s3 cret", "https://"])
def test_a_webhook_that_is_none_is_refused_without_being_quoted(load: Load, url: str) -> None:
    (_, problem) = _lines(load, NOTIFY_WEBHOOK=url)
    assert problem.split()[0] == "DIALFLO_NOTIFY_WEBHOOK"
    assert "s3" not in problem

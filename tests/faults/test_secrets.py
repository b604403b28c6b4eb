"""The token is told to the one host and to nobody else: no log, no error, no repr, no row, no other connection."""

import asyncio
import gc
import logging
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest
from dagster import DagsterInstance
from pydantic import SecretStr

from dialflo_pipeline.api import client as client_module
from dialflo_pipeline.api import redaction
from dialflo_pipeline.core.errors import SettingsError
from dialflo_pipeline.core.settings import Settings, load_settings
from dialflo_pipeline.defs.build import build_definitions
from dialflo_pipeline.defs.resources import DagsterRun, Pipeline
from tests.support.canaries import PHONES, TOKEN, canaries_in, leaks_below
from tests.support.cases.http_faults import BROKEN, STATUSES
from tests.support.fault_server import FaultServer, Say
from tests.support.fetching import Fetched

ROOT = Path(__file__).resolve().parents[2]

ECHO = f'{{"detail": "auth_token: Bearer {TOKEN} is not welcome"}}'.encode()


NO_OWNERS = (str, bytes, bytearray, dict, list, tuple, set, frozenset, type, ModuleType, FunctionType)
"""What has no say in how it is shown, or leads to everything there is."""

NOT_FOLLOWED = (type, ModuleType, FrameType, CodeType, BuiltinFunctionType)


def _reachable(*roots: object) -> Iterator[object]:
    """All objects that these hold, by whatever way: attributes, slots, closures, containers."""
    seen: set[int] = set()
    waiting: list[object] = [*roots]
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, NOT_FOLLOWED):
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, FunctionType):  # not its globals: those are its whole module
            waiting += [cell.cell_contents for cell in each.__closure__ or () if _is_filled(cell)]
        else:
            waiting += gc.get_referents(each)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _shown(each: object) -> str:
    try:
        return f"{each!r} {each}"
    except Exception as error:
        return repr(error)


def _tellers(*roots: object) -> set[str]:
    """The classes of all reachable objects that show the token when they are printed."""
    found = [each for each in _reachable(*roots) if not isinstance(each, NO_OWNERS)]
    return {f"{type(each).__module__}.{type(each).__qualname__}" for each in found if TOKEN in _shown(each)}


def test_nothing_that_holds_the_token_shows_it(fetch: Callable[..., Fetched]) -> None:
    """All that a fetch under way holds, in whichever class: found by going through the objects, from its tasks on."""
    held: list[set[str]] = []
    count: list[int] = []

    async def look(server: FaultServer, _: "asyncio.Task[Any]") -> None:
        while server.in_flight < 2:
            await asyncio.sleep(0.005)
        coroutines = [task.get_coro() for task in asyncio.all_tasks()]
        frames = [frame.f_locals for coroutine in coroutines for frame in _frames(coroutine)]
        ours = [each for each in gc.get_objects() if _is_of_a_client(each)]
        held.append(_tellers(*frames, *ours))
        count.append(sum(TOKEN in str(each) for each in _reachable(*frames, *ours) if isinstance(each, str)))
        server.script = {}

    waiting = [Say(when=lambda server: not server.script)]
    fetched = fetch(["a", "b"], {"a": waiting, "b": waiting}, during=look)
    assert fetched.failure is None
    assert held == [set()]
    assert count[0] > 0, "the search never came to the token"


def _is_of_a_client(each: object) -> bool:
    return str(type(each).__module__).startswith(("dialflo_pipeline.", "httpx"))


def _frames(coroutine: Any) -> Iterator[FrameType]:
    """Where a coroutine waits, and where those wait that it waits for."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None)
        if frame is not None:
            yield frame
        coroutine = getattr(coroutine, "cr_await", None)


def test_what_shows_the_token_would_be_found() -> None:
    class Careless:
        __slots__ = ("token",)

        def __init__(self) -> None:
            self.token = TOKEN

        def __repr__(self) -> str:
            return f"Careless({self.token})"

    class Holder:
        def __init__(self) -> None:
            held = Careless()
            self.act = lambda: held

    assert {name.rpartition(".")[2] for name in _tellers({"deep": [Holder()]})} == {"Careless"}


def test_neither_settings_nor_dagster_show_the_token(tmp_path: Path) -> None:
    settings = Settings(api_token=SecretStr(TOKEN), data_dir=tmp_path)
    assert TOKEN not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    pipeline = Pipeline(lambda: settings)
    runs = DagsterRun(pipeline)
    with DagsterInstance.ephemeral() as instance:
        assert _tellers(settings, pipeline, runs, build_definitions(pipeline), instance) == set()


@pytest.mark.parametrize("line", ['"{}\\n"', '"{}\n"', "'{}\n'", '"{}\\r\\nx: y"', '"{} "', '"\\t{}"'])
def test_a_token_with_a_line_end_is_refused_when_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.delenv("DIALFLO_API_TOKEN")
    (tmp_path / ".env").write_text("DIALFLO_API_TOKEN=" + line.format(TOKEN))
    with pytest.raises(SettingsError, match="DIALFLO_API_TOKEN"):
        load_settings(tmp_path)
    (tmp_path / ".env").unlink()


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="the kernel tells of connections in /proc")
def test_every_connection_of_a_fetch_leads_to_the_configured_host(fetch: Callable[..., Fetched]) -> None:
    """Also of what connects outside of Python, which no audit hook sees."""
    met: list[set[str]] = []

    async def look(server: FaultServer, _: "asyncio.Task[Any]") -> None:
        while server.in_flight < 4:
            await asyncio.sleep(0.005)
        met.append(_peers() - {server.port})
        server.script = {}

    away = Say(302, b"", {"Location": "http://127.0.0.1:9/", "Alt-Svc": 'h2="127.0.0.1:9"'})
    waiting = [Say(when=lambda server: not server.script)]
    ids = {f"{number}": waiting for number in range(8)}
    before = _peers()
    fetched = fetch(["gone", *ids], {"gone": [away], **ids}, during=look)
    assert fetched.failure is None
    assert fetched.api.connected
    accepted = {str(port) for port in _local_ports(fetched)}
    assert met[0] - before - accepted == set()


def _local_ports(fetched: Fetched) -> set[int]:
    """Where the server saw its callers: the other ends of the same connections, which are in this process as well."""
    return fetched.api.callers


def _peers() -> set[str]:
    """The ports that the TCP sockets of this process are connected to."""
    mine = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            mine.add(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]:
            _, _, remote, state, *rest = line.split()
            if f"socket:[{rest[5]}]" in mine and state != "0A":
                found.add(str(int(remote.rpartition(":")[2], 16)))
    return found


def test_no_log_at_any_level_and_no_row_tells_the_token(
    fetch: Callable[..., Fetched], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    faults = [*BROKEN, *(fault for fault in STATUSES[::9] if not fault.is_last_word)]
    script = {f"{number}": [fault.say] for number, fault in enumerate(faults)}
    script |= {f"{number}-good": [Say()] for number in range(len(faults))}
    script |= {f"{status}-echo": [Say(status, ECHO)] for status in (400, 404, 500)}
    ids = sorted(script, key=lambda task_id: task_id.partition("-")[0])
    fetched = fetch(ids, script)
    assert fetched.report is not None
    assert fetched.report.stopped is None
    said = capfd.readouterr()
    assert TOKEN not in caplog.text + said.out + said.err
    assert TOKEN not in repr((fetched.rows, fetched.report, list(fetched.states().values())))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_an_error_that_quotes_the_token_is_kept_without_it(fetch: Callable[..., Fetched], status: int) -> None:
    (row,) = fetch(["a"], {"a": [Say(status, ECHO)]}, tries=1).rows
    assert row["body"] == ECHO.replace(TOKEN.encode(), b"[token]")
    assert row["body_bytes"] == len(row["body"])


def test_a_token_so_short_that_it_may_be_a_word_is_left_where_it_stands(
    fetch: Callable[..., Fetched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redaction, "MIN_SECRET_BYTES", len(TOKEN) + 1)
    fetched = fetch(["a"], {"a": [Say(400, ECHO)]})
    (row,) = fetched.rows
    assert row["body"] == ECHO
    shutil.rmtree(fetched.lake.root)


def test_a_failed_fetch_has_no_token_in_its_error(
    fetch: Callable[..., Fetched], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of a kind that nobody foresaw comes out as it is, with everything it came by."""

    def fail(*_: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(client_module, "BodyReader", fail)
    fetched = fetch(["a"])
    assert fetched.failure is not None
    assert "unforeseen" in repr(fetched.failure)
    error: BaseException | None = fetched.failure
    while error is not None:
        assert TOKEN not in repr(error)
        error = error.__cause__ or error.__context__


LEAKING = """
import logging, sys, warnings
import pytest
from dialflo_pipeline.core.errors import DialfloError
from tests.support.canaries import PHONES, TOKEN

SPELLED = "+91 (740) 765-6243"

@pytest.mark.parametrize("canary", [TOKEN, PHONES[1], SPELLED, "915550123456"], ids="abcd")
class TestLeaks:
    def test_print(self, canary): print("x", canary)
    def test_stderr(self, canary): print(canary, file=sys.stderr)
    def test_read(self, canary, capsys): print(canary); capsys.readouterr()
    def test_log(self, canary): logging.getLogger("deep").warning("no call to %s", canary)
    def test_error(self, canary):
        with pytest.raises(DialfloError): raise DialfloError(f"not {canary}")
    def test_file(self, canary, tmp_path):
        (tmp_path / "data" / "work").mkdir(parents=True)
        (tmp_path / "data" / "work" / "history.db").write_bytes(b"\\0" + canary.encode() + b"\\0")
    def test_warning(self, canary): warnings.warn(canary)
    def test_after_the_warning(self, canary): pass

def test_token_in_the_lake(tmp_path):
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "answers.parquet").write_text(TOKEN)
def test_why_it_failed(): assert TOKEN == ""

class TestFine:
    def test_personal_data_in_its_place(self, tmp_path):
        (tmp_path / "lake").mkdir()
        (tmp_path / "lake" / "answers.parquet").write_text(PHONES[0])
        (tmp_path / "warehouse.duckdb").write_text(PHONES[0])
        (tmp_path / "ids.csv").write_text(PHONES[0])
    def test_longer_numbers(self, tmp_path):
        (tmp_path / "history.db").write_text("9174076562430 1795387917407656243")
        print("9174076562430")
    def test_nothing(self): print("fine")
"""


def test_a_test_that_leaks_is_found_in_every_way_it_may(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "from tests.support.canaries import *\nfrom tests.support.canaries import _listening\n"
    )
    (tmp_path / "test_leaks.py").write_text(LEAKING)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-rA", "-W", "default", "--disable-warnings"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-c", os.devnull, f"--basetemp={tmp_path / 'inner'}", str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert leaks_below(tmp_path / "inner"), "the search never came to the files"
    shutil.rmtree(tmp_path / "inner")
    (tmp_path / "test_leaks.py").unlink()
    assert canaries_in(ran.stdout + ran.stderr) == []
    found = {name for _, name in re.findall(r"^(FAILED|ERROR) \S*::(test_\w+(?:\[\w\])?)", ran.stdout, re.MULTILINE)}
    often = Counter(name.partition("[")[0] for name in found)
    # A warning is told of when its test has ended, and so is found by the next one.
    assert often.pop("test_warning") + often.pop("test_after_the_warning") == 4
    fourfold = dict.fromkeys(("test_print", "test_stderr", "test_read", "test_log", "test_error", "test_file"), 4)
    assert often == {**fourfold, "test_token_in_the_lake": 1, "test_why_it_failed": 1}, ran.stdout


def test_canaries_are_told_by_kind() -> None:
    assert canaries_in(f"a {TOKEN} b") == ["the token"]
    assert [canaries_in(phone) for phone in (*PHONES, "00 91.740.765.6243", "12125550100")] == [["a phone number"]] * 7
    assert canaries_in("917407656244 12345") == []

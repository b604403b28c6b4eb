import asyncio
import sys

import pytest

from dialflo_pipeline.core.signals import run_async


@pytest.fixture(params=["uvloop", "asyncio"])
def loop_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both loops, wherever there are both."""
    if request.param == "asyncio":
        monkeypatch.setitem(sys.modules, "uvloop", None)
    else:
        pytest.importorskip("uvloop")
    return str(request.param)


async def _loop() -> asyncio.AbstractEventLoop:
    await asyncio.sleep(0)
    return asyncio.get_running_loop()


def test_work_is_run_to_its_end_and_the_loop_closed(loop_of: str) -> None:
    loop = run_async(_loop())
    assert loop.is_closed()
    assert type(loop).__module__.split(".")[0] == loop_of


def test_what_the_work_raises_is_raised(loop_of: str) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_async(fail())

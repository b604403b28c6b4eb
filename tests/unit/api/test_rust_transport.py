import asyncio
from contextlib import suppress

import pytest

from dialflo_pipeline.api.rust_transport import _await_cancellable


async def _swallowing() -> str:
    """Ends with a result however it is asked to end, as a request does whose answer is just there."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(3_600)
    return "answer"


def test_a_cancellation_swallowed_below_counts_all_the_same() -> None:
    async def main() -> None:
        task = asyncio.create_task(_await_cancellable(_swallowing()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_a_deadline_swallowed_below_counts_all_the_same() -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await _await_cancellable(_swallowing())

    asyncio.run(main())


def test_a_cancellation_from_before_is_not_raised_again() -> None:
    async def main() -> str:
        async def work() -> str:
            try:
                await asyncio.sleep(3_600)
            except asyncio.CancelledError:
                return await _await_cancellable(asyncio.sleep(0, "tidied"))
            return "never"

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        return await task

    assert asyncio.run(main()) == "tidied"

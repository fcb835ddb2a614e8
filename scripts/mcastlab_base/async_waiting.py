"""Waiting in an event loop, which does its other work meanwhile; `waiting` has the same for threads.

>>> async def example() -> tuple[bool, bool]:
...     waited_s = [each async for each in async_attempts(0.01, every_s=0.006)]
...     return waited_s[0] >= 0.01, waited_s[-1] >= 0.01
>>> asyncio.run(example())
(False, True)
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

_T = TypeVar("_T")


async def async_attempts(timeout_s: float, *, every_s: float) -> AsyncIterator[float]:
    """Yield the seconds waited so far, at once and then after each pause; the last time when the timeout is over."""
    begin = time.monotonic()
    while True:
        yield (waited_s := time.monotonic() - begin)
        if waited_s >= timeout_s:
            return
        await asyncio.sleep(every_s)


async def until(condition: Callable[[], Awaitable[_T | None]], what: str, *, timeout_s: float, every_s: float) -> _T:
    """Return what `condition` gives as soon as it is not None; ask again every `every_s` seconds.

    Raises:
        TimeoutError: it was None for `timeout_s` seconds; the text names `what`.
    """
    async for _ in async_attempts(timeout_s, every_s=every_s):
        if (value := await condition()) is not None:
            return value
    raise TimeoutError(f"{what}: not within {timeout_s:g} s")

"""Wait for a condition, for a bounded time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_T = TypeVar("_T")


async def until(condition: Callable[[], Awaitable[_T | None]], what: str, *, timeout_s: float, every_s: float) -> _T:
    """Return what `condition` gives as soon as it is not None; ask again every `every_s` seconds.

    Raises:
        TimeoutError: it was None for `timeout_s` seconds; the text names `what`.
    """
    deadline = time.monotonic() + timeout_s
    while (value := await condition()) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout_s:g} s")
        await asyncio.sleep(every_s)
    return value

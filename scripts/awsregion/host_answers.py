"""The host's answers to requests that it did not expect: it lets its own exceptions out as 500, AWS answers 400."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from awsregion.ec2.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from awsregion.asgi_request import Receive, Send

    App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_LOG: Final = logging.getLogger(__name__)
_FAILED: Final = 500
_SENTENCE: Final = "The request is malformed: a value is of the wrong form. The region's log says which step failed."
_CODES: Final = {"cloudformation": "ValidationError", "iam": "ValidationError", "sts": "ValidationError"}


async def answered(app: App, scope: MutableMapping[str, Any], receive: Receive, send: Send, service: str) -> None:
    """Let the host answer.

    Raises:
        AwsError: it failed before it answered.
    """
    failed = begun = False

    async def sent(message: MutableMapping[str, Any]) -> None:
        nonlocal failed, begun
        if message["type"] == "http.response.start":
            failed = message["status"] == _FAILED
            begun = not failed
        if not failed:
            await send(message)

    try:
        await app(scope, receive, sent)
    except Exception:
        if begun:
            raise
        _LOG.warning("%s: the host failed", service, exc_info=True)
        failed = True
    if failed:
        code = "InvalidRequest" if service == "s3" else _CODES.get(service, "ValidationException")
        raise AwsError(code, _SENTENCE)

"""The region's front: an ASGI application that answers EC2 and Run Command itself and hands the rest to the host."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import uuid
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from mcastlab.twin.region import ssm
from mcastlab.twin.region.ec2.errors import AwsError
from mcastlab.twin.region.wire import render_error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from mcastlab.twin.region.core import Region
    from mcastlab.twin.region.ministack_host import Host

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LOG: Final = logging.getLogger(__name__)
_CREDENTIAL: Final = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_ACCOUNT: Final = re.compile(r"\d{12}")
"""An access key that MiniStack would take for an account."""
_OWN_PATHS: Final = ("/_ministack", "/_localstack", "/_aws", "/health")
"""MiniStack's own administration, which AWS has not: whoever can reset it could make the region lie."""
_GLOBAL: Final = frozenset({"iam", "sts", "s3"})
"""Services whose requests may be signed for another region."""
_TARGET: Final = "AmazonSSM."


class Front:
    """The ASGI application."""

    def __init__(self, region: Region, host: asyncio.Future[Host]) -> None:
        self._region = region
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http" or scope["path"].startswith(_OWN_PATHS):
            await _reply(send, 404, "text/plain", b"not found\n")
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        signed = _CREDENTIAL.search(headers.get("authorization", ""))
        key, name, service = signed.groups() if signed else ("", self._region.ec2.region, "")
        target = headers.get("x-amz-target", "")
        action = target.removeprefix(_TARGET) if target.startswith(_TARGET) else ""
        if refused := self._foreign(key, name, service):
            await _refuse(send, service, refused)
        elif service == "ec2":
            await self._ec2(await _body(receive), scope["query_string"], send)
        elif action in ssm.ACTIONS:
            await self._run_command(action, await _body(receive), send)
        else:
            await (await asyncio.shield(self._host)).app(scope, receive, send)

    def _foreign(self, key: str, region: str, service: str) -> AwsError | None:
        """Refuse credentials of another account, which MiniStack would make up, and of another region."""
        own = self._region.ec2
        if _ACCOUNT.fullmatch(key) and key != own.account:
            return AwsError("AuthFailure", f"This region is of account {own.account}.", 401)
        if region != own.region and service not in _GLOBAL:
            return AwsError("AuthFailure", f"This is region {own.region}; the request is for {region}.", 401)
        return None

    async def _ec2(self, body: bytes, query: bytes, send: Send) -> None:
        request_id = str(uuid.uuid4())
        action = ""
        try:
            form = dict(parse_qsl((query or body).decode(), keep_blank_values=True))
            action, request = self._region.wire.parse(form)
            answer = self._region.perform(action, request)
            payload, status = self._region.wire.render(action, answer, request_id), 200
        except AwsError as error:
            payload, status = render_error(error, request_id), error.status
            _LOG.info("ec2 %s refused: %s: %s", action, error.code, error.message)
        except Exception:  # noqa: BLE001  (one request's fault must not end the region; it is logged and told)
            _LOG.exception("ec2 %s failed", action)
            failed = AwsError("InternalError", "The region's own fault; its log says more.", 500)
            payload, status = render_error(failed, request_id), 500
        else:
            _LOG.info("ec2 %s", action)
        await _reply(send, status, "text/xml;charset=UTF-8", payload, request_id)

    async def _run_command(self, action: str, body: bytes, send: Send) -> None:
        try:
            answer, status = self._region.perform_ssm(action, json.loads(body or b"{}")), 200
        except AwsError as error:
            await _refuse(send, "ssm", error)
        else:
            _LOG.info("ssm %s", action)
            await _reply(send, status, "application/x-amz-json-1.1", json.dumps(answer).encode())


async def _lifespan(receive: Receive, send: Send) -> None:
    """Start and stop without MiniStack's own start, which looks for scripts to run and for Docker."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _refuse(send: Send, service: str, error: AwsError) -> None:
    if service == "ssm":
        told = json.dumps({"__type": error.code, "message": error.message}).encode()
        await _reply(send, error.status, "application/x-amz-json-1.1", told)
    else:
        await _reply(send, error.status, "text/xml", render_error(error, str(uuid.uuid4())))


async def _reply(send: Send, status: int, kind: str, body: bytes, request_id: str = "") -> None:
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-amzn-requestid", (request_id or str(uuid.uuid4())).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

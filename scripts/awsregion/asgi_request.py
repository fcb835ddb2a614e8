"""A request as the server hands it on: its headers, form and action, and as it is signed or read again."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from awsregion import sigv4
from awsregion.ec2.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    from awsregion.sigv4 import Signature

    Scope = MutableMapping[str, Any]
    """A request, as ASGI has it. Source: ASGI specification, HTTP and WebSocket."""
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


_MOST_FIELDS: Final = 20_000
"""Of a form: what an action takes is far from it."""
_BUCKET_HOST: Final = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]+)\.s3[.-](?P<rest>[a-z0-9.-]*amazonaws\.com)")


def form_of(raw: bytes) -> list[tuple[str, str]]:
    """Return the names and values of a form or a query.

    Raises:
        AwsError: it is none.
    """
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise AwsError("MalformedQueryString", "The query string contains a syntax error") from None


def action_of(headers: Mapping[str, str], body: bytes, query: bytes) -> str:
    """Return the action of a request in a protocol that has it by name, else nothing."""
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    form = body if headers.get("content-type", "").startswith("application/x-www-form-urlencoded") else query
    with suppress(AwsError):
        return dict(form_of(form)).get("Action", "")
    return ""


def path_style(body: bytes) -> bytes:
    """Return a CloudFormation request whose template URL has the bucket in its path: the host reads no other form."""
    form = form_of(body)
    named = [number for number, (name, _value) in enumerate(form) if name == "TemplateURL"]
    for number in named:
        url = urlsplit(form[number][1])
        virtual = _BUCKET_HOST.fullmatch(url.netloc)
        if virtual:
            path = f"/{virtual['bucket']}{url.path}"
            form[number] = ("TemplateURL", url._replace(netloc=f"s3.{virtual['rest']}", path=path).geturl())
    return urlencode(form).encode() if named else body


def sized(scope: Scope, before: bytes, now: bytes) -> Scope:
    """Return a request whose body was replaced, with the length that it has now."""
    if before == now:
        return scope
    kept = [header for header in scope["headers"] if header[0].lower() != b"content-length"]
    return {**scope, "headers": [*kept, (b"content-length", str(len(now)).encode())]}


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives a body which has been read already, and then what still comes."""
    payload = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> MutableMapping[str, Any]:
        return payload.pop() if payload else await receive()

    return again


def headers_of(scope: Scope) -> dict[str, str]:
    """Return a request's headers by their names in lower case."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def wire_request(scope: Scope) -> sigv4.WireRequest:
    """Return a request as it was signed."""
    return sigv4.WireRequest(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=[(name.decode("latin-1").lower(), value) for name, value in scope["headers"]],
    )


def unsigned(scope: Scope, signature: Signature) -> Scope:
    """Return a request without the parameters that signed it; the host reads who signed it from a header."""
    if not signature.presigned:
        return scope
    payload = (
        f"{sigv4.ALGORITHM} Credential={signature.access_key_id}/{signature.scope}, SignedHeaders=host, Signature=-"
    )
    query = sigv4.query_without_signature(scope["query_string"].decode("latin-1")).encode("latin-1")
    return {
        **scope,
        "query_string": query,
        "headers": [*scope["headers"], (b"authorization", payload.encode("latin-1"))],
    }

"""What keeps web pages away from a region: a browser on this machine sends whatever a page asks it to, to loopback too.

A page whose name was made to resolve to loopback (DNS rebinding) is betrayed by its Host; one that posts across
origins by its Origin or its fetch metadata; and no answer ever says that a page may read it.

Sources: Fetch Standard, "CORS protocol" and "Origin header"; Fetch Metadata Request Headers, W3C; RFC 9110, 7.2 (Host).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from awsregion.asgi_request import Send


_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"})
_HTTP_PORT: Final = 80
_BY_HAND: Final = "none"
"""Fetch metadata of what a user opens by hand, such as a signed URL."""


def hosts_of(address: str, port: int) -> frozenset[str]:
    """Return the values of Host that a server on loopback goes by."""
    names = (address, "localhost")
    return frozenset({*(f"{name}:{port}" for name in names), *(names if port == _HTTP_PORT else ())})


def why_refused(scope: Mapping[str, Any], headers: Mapping[str, str], hosts: frozenset[str]) -> str:
    """Return why a request is not even looked at; empty where it is.

    Args:
        scope: the request's ASGI scope.
        headers: its headers, names in lower case.
        hosts: the values of Host that are ours.
    """
    if headers.get("host", "").lower() not in hosts:
        return f"This region answers to {' and '.join(sorted(hosts))} only."
    if "origin" in headers or headers.get("sec-fetch-site", _BY_HAND) != _BY_HAND:
        return "This region does not answer web pages."
    if scope["method"] not in _METHODS:
        return f"This region does not answer {scope['method']}."
    if not scope["http_version"].startswith("1.") or not scope["raw_path"].startswith(b"/"):
        return "This region speaks HTTP/1.1, to requests for a path."
    return ""


def without_cors(send: Send) -> Send:
    """Return a sender that leaves out every header by which a page of another origin could read an answer."""

    async def sent(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", ())
            kept = [header for header in headers if not bytes(header[0]).lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return sent

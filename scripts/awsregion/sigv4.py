"""Signature Version 4, from the receiver's side: which signature a request bears, and which one it should bear.

Pure: no clock, no keys of its own. Bytes of the request are taken as they came over the wire, since a signature is
about these and not about what a server makes of them.

Source: AWS General Reference, "Create a signed AWS API request"; Amazon S3 API Reference, "Authenticating Requests
(AWS Signature Version 4)" with its pages on query parameters, chunked uploads and trailing headers.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

ALGORITHM: Final = "AWS4-HMAC-SHA256"
UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"
UNSIGNED_CHUNKS: Final = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED_CHUNKS: Final = ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
QUERY_PARAMETERS: Final = (
    *("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"),
    *("X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Content-Sha256"),
)
"""The parameters of a query that sign it; all others are the request's own."""

_UNRESERVED: Final = "-_.~"
_SCOPE_END: Final = "aws4_request"
_SCOPE_PARTS: Final = 5
_TIME: Final = re.compile(r"\d{8}T\d{6}Z")
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_EMPTY: Final = hashlib.sha256(b"").hexdigest()
_CHUNK: Final = re.compile(rb"([0-9a-fA-F]{1,16});chunk-signature=([0-9a-f]{64})\r\n")
_TRAILER: Final = re.compile(rb"((?:[^\r\n]+\r?\n)+)\r?\n?x-amz-trailer-signature:([0-9a-f]{64})(?:\r\n)*")


class SignatureFormatError(Exception):
    """A request bears something that is no Signature Version 4; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """A request's head, as it came."""

    method: str
    path: str
    """With its percent escapes."""
    query: str
    """With its percent escapes, without the question mark."""
    headers: Sequence[tuple[str, bytes]]
    """Names in lower case."""

    def header(self, name: str) -> str:
        """Return a header's value, several joined by commas; empty where there is none."""
        return b",".join(value.strip() for one, value in self.headers if one == name).decode("latin-1")

    def parameters(self) -> list[tuple[str, str]]:
        """Return the query's names and values in their order, without escapes."""
        return [
            (unquote(name, errors="surrogateescape"), unquote(value, errors="surrogateescape"))
            for name, _, value in _pairs(self.query)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The signature that a request bears, and what its signer said of it."""

    access_key_id: str
    date: str
    region: str
    service: str
    time: str
    """YYYYMMDDTHHMMSSZ"""
    signed_headers: tuple[str, ...]
    value: str
    token: str
    """The session's token; empty where none came."""
    payload: str | None
    """The payload's hash, or what stands in its place; None where the body itself is to be hashed."""
    presigned: bool = False
    expires_s: int | None = None
    """Seconds for which a query's signature is valid, where it says so."""

    @property
    def scope(self) -> str:
        """The credential's scope."""
        return f"{self.date}/{self.region}/{self.service}/{_SCOPE_END}"


def signature_of(request: WireRequest) -> Signature | None:
    """Return the signature that a request bears in its header or its query; None where it bears none.

    Raises:
        SignatureFormatError: it bears one that cannot be read, or two.
    """
    authorization = request.header("authorization")
    query = {name: value for name, value in request.parameters() if name in QUERY_PARAMETERS}
    presigned = "X-Amz-Signature" in query or "X-Amz-Algorithm" in query or "X-Amz-Credential" in query
    if authorization and presigned:
        raise SignatureFormatError("Only one auth mechanism allowed")
    if presigned:
        return _of_query(request, query)
    if not authorization:
        return None
    return _of_header(request, authorization)


def signature_for(signature: Signature, request: WireRequest, secret: str, body: bytes = b"") -> str:
    """Return the signature that the request should bear, in hexadecimal."""
    payload = hashlib.sha256(body).hexdigest() if signature.payload is None else signature.payload
    canonical = canonical_request(signature, request, payload)
    text = "\n".join((ALGORITHM, signature.time, signature.scope, hashlib.sha256(canonical).hexdigest()))
    return _signed(signing_key(signature, secret), text)


def canonical_request(signature: Signature, request: WireRequest, payload: str) -> bytes:
    """Return the text whose hash is signed."""
    lines = [request.method, _canonical_path(request.path, signature.service), _canonical_query(request.query)]
    fields = [name.encode() + b":" + _canonical_header(request, name) for name in signature.signed_headers]
    head = [line.encode() for line in lines]
    tail = [b"", ";".join(signature.signed_headers).encode(), payload.encode()]
    return b"\n".join((*head, *fields, *tail))


def signing_key(signature: Signature, secret: str) -> bytes:
    """Return the key of the signature's scope."""
    key = b"AWS4" + secret.encode()
    for part in (signature.date, signature.region, signature.service, _SCOPE_END):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def chunks_are_signed(signature: Signature, secret: str, body: bytes) -> bool:
    """Tell whether each chunk of a body bears its signature, each of which goes on from the one before."""
    key, previous, place = signing_key(signature, secret), signature.value, 0
    while match := _CHUNK.match(body, place):
        size, begin = int(match[1], 16), match.end()
        data = body[begin : begin + size]
        if len(data) != size:
            return False
        text = (f"{ALGORITHM}-PAYLOAD", signature.time, signature.scope, previous, _EMPTY)
        previous = _signed(key, "\n".join((*text, hashlib.sha256(data).hexdigest())))
        if not hmac.compare_digest(previous.encode(), match[2]):
            return False
        place = begin + size
        if size == 0:
            rest = body[place:].removeprefix(b"\r\n") if signature.payload == SIGNED_CHUNKS[0] else body[place:]
            return _trailer_is_signed(signature, key, previous, rest)
        if body[place : place + 2] != b"\r\n":
            return False
        place += 2
    return False


def query_without_signature(query: str) -> str:
    """Return a query without the parameters that sign it."""
    kept = ("".join(pair) for pair in _pairs(query) if unquote(pair[0]) not in QUERY_PARAMETERS)
    return "&".join(kept)


def _trailer_is_signed(signature: Signature, key: bytes, previous: str, rest: bytes) -> bool:
    if signature.payload == SIGNED_CHUNKS[0]:
        return not rest
    match = _TRAILER.fullmatch(rest)
    if match is None:
        return False
    trailer = match[1].replace(b"\r\n", b"\n")
    text = (f"{ALGORITHM}-TRAILER", signature.time, signature.scope, previous, hashlib.sha256(trailer).hexdigest())
    return hmac.compare_digest(_signed(key, "\n".join(text)).encode(), match[2])


def _of_header(request: WireRequest, authorization: str) -> Signature:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise SignatureFormatError(f"Unsupported Authorization Type; {ALGORITHM} is supported.")
    fields = {name: value for name, _, value in (part.strip().partition("=") for part in rest.split(","))}
    for name in ("Credential", "Signature", "SignedHeaders"):
        if not fields.get(name):
            raise SignatureFormatError(f"Authorization header requires '{name}' parameter.")
    signed = fields["SignedHeaders"]
    payload = request.header("x-amz-content-sha256") or None
    return _signature(
        *(fields["Credential"], request.header("x-amz-date"), signed, fields["Signature"]),
        token=request.header("x-amz-security-token"),
        payload=payload,
    )


def _of_query(request: WireRequest, query: dict[str, str]) -> Signature:
    for name in ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"):
        if not query.get(name):
            raise SignatureFormatError(f"AWS query-string parameters must include '{name}'.")
    if query["X-Amz-Algorithm"] != ALGORITHM:
        raise SignatureFormatError(f"X-Amz-Algorithm only supports {ALGORITHM}")
    expires = query.get("X-Amz-Expires")
    if expires is not None and not re.fullmatch(r"\d{1,9}", expires, re.ASCII):
        raise SignatureFormatError("X-Amz-Expires should be a number")
    said = request.header("x-amz-content-sha256") or query.get("X-Amz-Content-Sha256")
    return _signature(
        *(query["X-Amz-Credential"], query["X-Amz-Date"], query["X-Amz-SignedHeaders"], query["X-Amz-Signature"]),
        token=query.get("X-Amz-Security-Token", ""),
        payload=said or UNSIGNED_PAYLOAD,
        presigned=True,
        expires_s=None if expires is None else int(expires),
    )


def _signature(
    credential: str,
    time: str,
    signed: str,
    value: str,
    *,
    token: str,
    payload: str | None,
    presigned: bool = False,
    expires_s: int | None = None,
) -> Signature:
    parts = credential.split("/")
    if len(parts) != _SCOPE_PARTS or not all(parts):
        raise SignatureFormatError(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"
        )
    key, date, region, service, end = parts
    if end != _SCOPE_END:
        raise SignatureFormatError(f"Credential should be scoped with a valid terminator: '{_SCOPE_END}'")
    if not _TIME.fullmatch(time):
        raise SignatureFormatError("The request needs an X-Amz-Date of the form YYYYMMDDTHHMMSSZ")
    if time[:8] != date:
        raise SignatureFormatError("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date")
    names = tuple(signed.split(";"))
    if list(names) != sorted({name.lower() for name in names}):
        raise SignatureFormatError("SignedHeaders must be lower-case names, sorted")
    return Signature(
        access_key_id=key,
        date=date,
        region=region,
        service=service,
        time=time,
        signed_headers=names,
        value=value if _HEX.fullmatch(value) else "",
        token=token,
        # Of the other services' requests the body itself is always hashed.
        payload=payload if service == "s3" else None,
        presigned=presigned,
        expires_s=expires_s,
    )


def _canonical_path(path: str, service: str) -> str:
    if service == "s3":
        return quote(unquote_to_bytes(path), safe=_UNRESERVED + "/") or "/"
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            segments = segments[:-1]
        elif segment not in {"", "."}:
            segments.append(segment)
    last = "/" if segments and path.endswith("/") else ""
    return quote("/" + "/".join(segments) + last, safe=_UNRESERVED + "/")


def _canonical_query(query: str) -> str:
    encoded = sorted((_encoded(name), _encoded(value)) for name, _, value in _pairs(query))
    return "&".join(f"{name}={value}" for name, value in encoded if name != "X-Amz-Signature")


def _canonical_header(request: WireRequest, wanted: str) -> bytes:
    return b",".join(b" ".join(value.split()) for name, value in request.headers if name == wanted)


def _pairs(query: str) -> list[tuple[str, str, str]]:
    return [pair.partition("=") for pair in query.split("&") if pair]


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text), safe=_UNRESERVED)


def _signed(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

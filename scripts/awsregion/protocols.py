"""Errors in the words of each AWS protocol, for services that do not know how to say no themselves.

Source: Smithy's descriptions of AWS's protocols (awsJson, restJson, restXml, awsQuery, rpcv2Cbor), error serialisation.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from awsregion.wire import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsregion.ec2.errors import AwsError

_REST_XML: Final = frozenset({"cloudfront", "route53", "s3", "s3express", "s3-outposts"})
"""Services whose errors are XML although their requests are no forms, by the name they sign with."""
_QUERY: Final = frozenset({"cloudformation", "iam", "sts"})
"""Services whose errors are XML, whether a form or a query asked."""
_TEXT: Final = 0x60
_LONG: Final = 24
_CBOR_MAP_OF_TWO: Final = b"\xa2"


def refusal(error: AwsError, service: str, headers: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of an error, in the protocol that the request was in."""
    kind = headers.get("content-type", "")
    request_id = str(uuid.uuid4())
    payload = {"x-amzn-requestid": request_id, "x-amzn-errortype": error.code}
    if "cbor" in headers.get("smithy-protocol", ""):
        body = _CBOR_MAP_OF_TWO + b"".join(_cbor(text) for text in ("__type", error.code, "message", error.message))
        return body, payload | {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    form = kind.startswith("application/x-www-form-urlencoded") or (service in _QUERY and "json" not in kind)
    if form or service in _REST_XML:
        return _xml(error, request_id), payload | {"content-type": "text/xml"}
    body = json.dumps({"__type": error.code, "message": error.message}).encode()
    return body, payload | {"content-type": "application/x-amz-json-1.1" if "json" in kind else "application/json"}


def _xml(error: AwsError, request_id: str) -> bytes:
    root = ET.Element("ErrorResponse")
    entry = ET.SubElement(root, "Error")
    for name, text in (("Type", "Sender"), ("Code", error.code), ("Message", error.message)):
        ET.SubElement(entry, name).text = printable(text)
    ET.SubElement(root, "RequestId").text = request_id
    body: bytes = ET.tostring(root, encoding="utf-8")
    return body


def _cbor(text: str) -> bytes:
    """Return a text string of up to 65535 bytes. Source: RFC 8949, section 3.1."""
    raw = text.encode()
    if len(raw) < _LONG:
        return bytes([_TEXT | len(raw)]) + raw
    return bytes([_TEXT | _LONG + 1]) + len(raw).to_bytes(2, "big") + raw

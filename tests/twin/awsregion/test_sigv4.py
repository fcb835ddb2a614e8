"""Signatures: against the values that AWS publishes, and against what botocore signs.

Sources: AWS's Signature Version 4 test suite; AWS General Reference, "Examples of the complete Signature Version 4
signing process"; Amazon S3 API Reference, "Authenticating Requests", with its examples of chunked uploads.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import quote, urlencode, urlsplit

import botocore.auth
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from awsregion.authentication import (
    AuthenticationError,
    Authenticator,
    IssuedCredential,
    Reason,
)
from awsregion.credentials import ACCOUNT, OwnerCredentials
from awsregion.sigv4 import (
    SignatureFormatError,
    WireRequest,
    chunks_are_signed,
    query_without_signature,
    signature_for,
    signature_of,
)
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

EMPTY = sha256(b"").hexdigest()
SUITE = ("AKIDEXAMPLE/20150830/us-east-1/service", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830T123600Z")
S3 = ("AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524T000000Z")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = OwnerCredentials(access_key_id="AKIAOWNER2345670000X", secret=Secret("o" * 40))


def request(of: tuple[str, str, str], target: str, value: str, method: str = "GET", **headers: str) -> WireRequest:
    """Return a request that bears a signature over its date and the headers that are given (``_`` is ``-``)."""
    scope, _secret, time = of
    path, _, query = target.partition("?")
    named = {name.replace("_", "-"): text for name, text in headers.items()} | {"x-amz-date": time}
    signed = f"Credential={scope}/aws4_request, SignedHeaders={';'.join(sorted(named))}, Signature={value}"
    reported = [*named.items(), ("authorization", f"AWS4-HMAC-SHA256 {signed}")]
    return WireRequest(
        method=method, path=path, query=query, headers=[(name, text.encode()) for name, text in reported]
    )


def holds(of: tuple[str, str, str], wire: WireRequest, body: bytes = b"") -> bool:
    signature = signature_of(wire)
    assert signature is not None
    return signature_for(signature, wire, of[1], body) == signature.value


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ("/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("/example/..", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("/./", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ],
)
def test_values_of_the_test_suite_without_a_body(target: str, value: str) -> None:
    wire = request(SUITE, target, value, host="example.amazonaws.com")
    assert holds(SUITE, wire)
    assert not holds(SUITE, replace(wire, method="POST"))


def test_values_of_the_test_suite_with_a_body() -> None:
    host = {"host": "example.amazonaws.com"}
    value = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
    assert holds(SUITE, request(SUITE, "/", value, "POST", **host))
    value = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
    form = request(SUITE, "/", value, "POST", content_type="application/x-www-form-urlencoded", **host)
    assert holds(SUITE, form, b"Param1=value1")
    assert not holds(SUITE, form, b"Param1=value2")


def test_the_general_reference_s_example() -> None:
    iam = (SUITE[0].replace("service", "iam"), *SUITE[1:])
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    value = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    target = "/?Action=ListUsers&Version=2010-05-08"
    assert holds(iam, request(iam, target, value, host="iam.amazonaws.com", content_type=kind))


def test_s3_s_examples_of_one_chunk() -> None:
    host = "examplebucket.s3.amazonaws.com"
    value = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    assert holds(S3, request(S3, "/test.txt", value, host=host, range="bytes=0-9", x_amz_content_sha256=EMPTY))
    value = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    body = b"Welcome to Amazon S3."
    more = {"date": "Fri, 24 May 2013 00:00:00 GMT", "x_amz_storage_class": "REDUCED_REDUNDANCY"}
    hashed = sha256(body).hexdigest()
    put = request(S3, "/test%24file.text", value, "PUT", host=host, x_amz_content_sha256=hashed, **more)
    assert holds(S3, put)


def test_s3_s_example_of_a_signed_query() -> None:
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3"
        "%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    host = [("host", b"examplebucket.s3.amazonaws.com")]
    wire = WireRequest(method="GET", path="/test.txt", query=query, headers=host)
    assert holds(S3, wire)
    assert not holds(S3, replace(wire, query=query.replace("86400", "86401")))
    assert query_without_signature("a=1&" + query + "&b") == "a=1&b"


CHUNKED = {"host": "s3.amazonaws.com", "content_encoding": "aws-chunked", "x_amz_storage_class": "REDUCED_REDUNDANCY"}


def framed(*signatures: str) -> bytes:
    """Return the documentation's 65 KB object in its frames of 64 KiB, 1 KiB and none."""
    frames = zip((65536, 1024, 0), signatures, strict=True)
    return b"".join(b"%x;chunk-signature=%s\r\n%s\r\n" % (n, sign.encode(), b"a" * n) for n, sign in frames)


def test_s3_s_example_of_signed_chunks() -> None:
    seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    wire = request(
        S3,
        "/examplebucket/chunkObject.txt",
        seed,
        "PUT",
        content_length="66824",
        x_amz_decoded_content_length="66560",
        x_amz_content_sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        **CHUNKED,
    )
    assert holds(S3, wire)
    body = framed(
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    )
    signature = signature_of(wire)
    assert signature is not None
    assert chunks_are_signed(signature, S3[1], body)
    last = body.rindex(b"0;chunk")
    for broken in (
        body.replace(b"a" * 65536, b"b" + b"a" * 65535),
        body[:last],
        body + b"x",
        b"",
        b"zz\r\n",
        body[:99],
    ):
        assert not chunks_are_signed(signature, S3[1], broken)


def test_s3_s_example_of_signed_chunks_with_a_trailer() -> None:
    seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
    wire = request(
        S3,
        "/examplebucket/chunkObject.txt",
        seed,
        "PUT",
        x_amz_decoded_content_length="66560",
        x_amz_content_sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        x_amz_trailer="x-amz-checksum-crc32c",
        **CHUNKED,
    )
    assert holds(S3, wire)
    frames = framed(
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ).removesuffix(b"\r\n")
    trailer = b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
    signature = signature_of(wire)
    assert signature is not None
    for end in (b"\r\n", b"\n\r\n"):
        assert chunks_are_signed(signature, S3[1], frames + b"x-amz-checksum-crc32c:sOO8/Q==" + end + trailer)
    assert not chunks_are_signed(signature, S3[1], frames + b"x-amz-checksum-crc32c:sOO8/R==\r\n" + trailer)
    assert not chunks_are_signed(signature, S3[1], frames)


@pytest.fixture
def frozen() -> Iterator[None]:
    """Let botocore sign at `NOW`."""
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=NOW.replace(tzinfo=None)):
        yield


def signed_by_botocore(
    signer: Any, url: str, *, method: str = "GET", body: bytes = b"", service: str = "s3", token: str | None = None
) -> WireRequest:
    asked = AWSRequest(method=method, url=url, data=body, headers={"host": urlsplit(url).netloc})
    signer(Credentials(KEY.access_key_id, KEY.secret.reveal(), token), service, "us-east-1").add_auth(asked)
    prepared = asked.prepare()
    parts = urlsplit(prepared.url)
    headers = [
        (name.lower(), value if isinstance(value, bytes) else value.encode())
        for name, value in prepared.headers.items()
    ]
    return WireRequest(method=method, path=parts.path, query=parts.query, headers=headers)


def admitted(
    wire: WireRequest,
    body: bytes = b"",
    *,
    at: float = NOW.timestamp(),
    issued: dict[str, IssuedCredential] | None = None,
) -> Reason | None:
    """Return why a request is not let in at a time; None where it is."""

    async def find(key: str) -> IssuedCredential | None:
        return (issued or {}).get(key)

    async def read(_service: str) -> bytes:
        return body

    door = Authenticator(KEY, ACCOUNT, find, lambda: at)
    try:
        _signature, got = asyncio.run(door.admit(wire, read))
    except AuthenticationError as error:
        return error.reason
    assert got == body
    return None


@pytest.mark.usefixtures("frozen")
@settings(deadline=None, max_examples=60)
@given(
    key=st.text(min_size=1, max_size=12), values=st.dictionaries(st.text(max_size=6), st.text(max_size=6), max_size=4)
)
def test_whatever_botocore_signs_is_let_in(key: str, values: dict[str, str]) -> None:
    query = urlencode(values, quote_via=quote, safe="-_.~")
    path = quote(key.encode("utf-8", "replace"), safe="/-_.~")
    for service, signer in (("s3", S3SigV4Auth), ("s3", S3SigV4QueryAuth), ("ec2", SigV4Auth), ("sts", SigV4QueryAuth)):
        url = f"http://127.0.0.1:4566/{path if service == 's3' else ''}" + (f"?{query}" if query else "")
        assert admitted(signed_by_botocore(signer, url, service=service)) is None


@pytest.mark.usefixtures("frozen")
def test_a_body_that_is_not_the_signed_one_is_refused() -> None:
    for service, signer, reason in (
        ("ec2", SigV4Auth, Reason.WRONG_SIGNATURE),
        ("s3", S3SigV4Auth, Reason.OTHER_BODY),
    ):
        wire = signed_by_botocore(signer, "http://127.0.0.1:1/b/k", method="PUT", body=b"mine", service=service)
        assert admitted(wire, b"mine") is None
        assert admitted(wire, b"yours") is reason


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize(("late_s", "reason"), [(-901, Reason.SKEWED), (-899, None), (899, None), (901, Reason.SKEWED)])
def test_clocks_may_differ_by_a_quarter_of_an_hour(late_s: int, reason: Reason | None) -> None:
    wire = signed_by_botocore(SigV4Auth, "http://127.0.0.1:1/", service="ssm")
    assert admitted(wire, at=NOW.timestamp() + late_s) is reason


@pytest.mark.usefixtures("frozen")
def test_a_signed_query_lives_as_long_as_it_says_and_no_longer() -> None:
    wire = signed_by_botocore(S3SigV4QueryAuth, "http://127.0.0.1:1/b/k")
    assert "X-Amz-Expires=3600" in wire.query
    assert admitted(wire, at=NOW.timestamp() + 3599) is None
    assert admitted(wire, at=NOW.timestamp() + 3601) is Reason.EXPIRED
    assert admitted(replace(wire, query=wire.query.replace("3600", "604800"))) is Reason.WRONG_SIGNATURE
    assert admitted(replace(wire, query=wire.query.replace("3600", "604801"))) is Reason.MALFORMED


@pytest.mark.usefixtures("frozen")
def test_a_session_is_let_in_with_its_token_and_until_its_end() -> None:
    end = NOW.timestamp() + 60
    session = IssuedCredential(account=ACCOUNT, secret=KEY.secret, token=Secret("its token"), expires=end)
    theirs = {"ASIASESSION": session}
    owner = KEY.model_copy(update={"access_key_id": "ASIASESSION"})
    with mock.patch(f"{__name__}.KEY", owner):
        right = signed_by_botocore(SigV4Auth, "http://127.0.0.1:1/", service="ec2", token="its token")  # noqa: S106
        wrong = signed_by_botocore(SigV4Auth, "http://127.0.0.1:1/", service="ec2", token="another")  # noqa: S106
        none = signed_by_botocore(SigV4Auth, "http://127.0.0.1:1/", service="ec2")
    assert admitted(right, issued=theirs) is None
    assert admitted(right) is Reason.UNKNOWN_KEY
    assert admitted(right, issued=theirs, at=end + 1) is Reason.EXPIRED_TOKEN
    assert admitted(wrong, issued=theirs) is Reason.WRONG_TOKEN
    assert admitted(none, issued=theirs) is Reason.WRONG_TOKEN
    foreign = {"ASIASESSION": replace(session, account="123456789012")}
    assert admitted(right, issued=foreign) is Reason.UNKNOWN_KEY
    long_term = signed_by_botocore(SigV4Auth, "http://127.0.0.1:1/", service="ec2", token="its token")  # noqa: S106
    assert admitted(long_term) is Reason.WRONG_TOKEN


@pytest.mark.usefixtures("frozen")
def test_what_is_added_to_a_signed_request_is_refused() -> None:
    wire = signed_by_botocore(SigV4Auth, "http://127.0.0.1:1/", method="POST", service="ssm")
    target = ("x-amz-target", b"AmazonSSM.SendCommand")
    assert admitted(replace(wire, headers=[*wire.headers, target])) is Reason.UNSIGNED_HEADERS
    assert admitted(replace(wire, query="Action=DeleteVpc")) is Reason.WRONG_SIGNATURE
    other = [(name, b"evil.example:1" if name == "host" else value) for name, value in wire.headers]
    assert admitted(replace(wire, headers=other)) is Reason.WRONG_SIGNATURE
    hidden = [(name, value.replace(b"host;", b"")) for name, value in wire.headers]
    assert admitted(replace(wire, headers=hidden)) is Reason.UNSIGNED_HEADERS


def test_what_is_no_signature_is_said_to_be_none() -> None:
    bare = WireRequest(method="GET", path="/", query="", headers=[("host", b"x")])
    assert admitted(bare) is Reason.NOT_SIGNED
    for text in ("AWS AKIA:c2ln", "Basic eDp5", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b, Signature=c"):
        assert admitted(replace(bare, headers=[("authorization", text.encode())])) is Reason.MALFORMED
    assert admitted(replace(bare, query="X-Amz-Signature=1")) is Reason.MALFORMED


@settings(deadline=None)
@given(text=st.text(), query=st.text(alphabet=st.characters(max_codepoint=126)))
def test_any_text_is_read_or_refused(text: str, query: str) -> None:
    authorization = ("authorization", f"AWS4-HMAC-SHA256 {text}".encode("utf-8", "surrogatepass"))
    wire = WireRequest(method="GET", path="/", query=query, headers=[authorization])
    with suppress(SignatureFormatError):
        signature_of(wire)
    assert admitted(wire) is not None

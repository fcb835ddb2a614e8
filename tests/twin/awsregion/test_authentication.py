"""Who may drive a region: its owner, and whom its own IAM and STS gave a key. The client that signs is boto3."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import urlsplit

import boto3
import botocore.auth
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from awsregion import sigv4, standalone
from awsregion.credentials import ACCOUNT
from awsregion.sigv4 import SIGNED_CHUNKS
from mcastlab_twin.sandbox import run_folder

if TYPE_CHECKING:
    from twin.awsregion.conftest import Served

SESSION: Any = boto3.Session()
"""It reads each service's model once."""
CALLS = {
    "ec2": "describe_vpcs",
    "sts": "get_caller_identity",
    "cloudformation": "list_stacks",
    "iam": "list_roles",
    "ssm": "list_commands",
    "service-quotas": "list_service_quotas",
    "secretsmanager": "list_secrets",
    "s3": "list_buckets",
}


def client(served: Served, service: str, **given: Any) -> Any:
    named = {name: given.pop(name) for name in ("signature_version", "parameter_validation") if name in given}
    config = Config(retries={"total_max_attempts": 1}, **named)
    keys = {**served.keys, **given}
    return SESSION.client(service, region_name="us-east-1", endpoint_url=served.url, config=config, **keys)


def refusal(of: Any, service: str) -> tuple[str, int]:
    """Return the code and the HTTP status with which a service refuses a client."""
    given = {"ServiceCode": "vpc"} if service == "service-quotas" else {}
    with pytest.raises(ClientError) as caught:
        getattr(of, CALLS[service])(**given)
    response = caught.value.response
    assert response["Error"]["Message"]
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_owner_is_the_account_s_root(served: Served) -> None:
    sts = served.client("sts")
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert sts.get_access_key_info(AccessKeyId=served.owner.access_key_id)["Account"] == ACCOUNT
    assert served.owner.access_key_id.startswith("AKIA")


@pytest.mark.parametrize(
    ("service", "codes"),
    [
        ("ec2", [("AuthFailure", 401), ("AuthFailure", 401), ("MissingAuthenticationToken", 403)]),
        (
            "sts",
            [("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403), ("MissingAuthenticationToken", 403)],
        ),
        (
            "cloudformation",
            [("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403), ("MissingAuthenticationToken", 403)],
        ),
        ("iam", [("InvalidClientTokenId", 403), ("SignatureDoesNotMatch", 403), ("MissingAuthenticationToken", 403)]),
        *(
            (
                service,
                [
                    ("UnrecognizedClientException", 400),
                    ("InvalidSignatureException", 400),
                    ("MissingAuthenticationTokenException", 400),
                ],
            )
            for service in ("ssm", "service-quotas", "secretsmanager")
        ),
        ("s3", [("InvalidAccessKeyId", 403), ("SignatureDoesNotMatch", 403), ("AccessDenied", 403)]),
    ],
)
def test_each_service_refuses_in_its_own_words(served: Served, service: str, codes: list[tuple[str, int]]) -> None:
    for key in ("AKIAIOSFODNN7EXAMPLE", "test", ACCOUNT):
        assert refusal(client(served, service, aws_access_key_id=key), service) == codes[0]
    assert refusal(client(served, service, aws_secret_access_key="x" * 40), service) == codes[1]
    assert refusal(client(served, service, signature_version=UNSIGNED), service) == codes[2]


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("ec2", ("RequestExpired", 400)),
        ("cloudformation", ("SignatureDoesNotMatch", 403)),
        ("ssm", ("InvalidSignatureException", 400)),
        ("s3", ("RequestTimeTooSkewed", 403)),
    ],
)
def test_old_and_early_requests_are_refused(served: Served, service: str, code: tuple[str, int]) -> None:
    for late_s in (-1000, 1000):
        moved = (datetime.now(UTC) + timedelta(seconds=late_s)).replace(tzinfo=None)
        with mock.patch.object(botocore.auth, "get_current_datetime", return_value=moved):
            assert refusal(client(served, service), service) == code


def test_keys_of_the_region_s_own_sts_are_verified(served: Served) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/anybody"
    sts = served.client("sts")
    issued = [
        sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"],
        sts.get_session_token()["Credentials"],
        sts.get_federation_token(Name="somebody")["Credentials"],
    ]
    for one in issued:
        keys = {"aws_access_key_id": one["AccessKeyId"], "aws_secret_access_key": one["SecretAccessKey"]}
        token = {"aws_session_token": one["SessionToken"]}
        assert client(served, "sts", **keys, **token).get_caller_identity()["Account"] == ACCOUNT
        for service in ("ec2", "ssm", "s3"):
            getattr(client(served, service, **keys, **token), CALLS[service])()
        other = {"aws_session_token": one["SessionToken"] + "x"}
        assert refusal(client(served, "ec2", **keys, **other), "ec2")[0] == "AuthFailure"
        assert refusal(client(served, "s3", **keys, **other), "s3")[0] == "InvalidToken"
        assert refusal(client(served, "sts", **keys), "sts")[0] == "InvalidClientTokenId"
        wrong = keys | {"aws_secret_access_key": served.owner.secret.reveal()}
        assert refusal(client(served, "ssm", **wrong, **token), "ssm")[0] == "InvalidSignatureException"


def test_a_session_that_is_over_is_refused_as_that_even_when_others_came_after(served: Served) -> None:
    # Sessions as short as this are not on AWS.
    sts = client(served, "sts", parameter_validation=False)
    one = sts.get_session_token(DurationSeconds=1)["Credentials"]
    given = {
        "aws_access_key_id": one["AccessKeyId"],
        "aws_secret_access_key": one["SecretAccessKey"],
        "aws_session_token": one["SessionToken"],
    }
    end = time.monotonic() + 10
    while True:
        try:
            client(served, "ec2", **given).describe_vpcs()
        except ClientError:
            break
        assert time.monotonic() < end
    sts.get_session_token()
    reported = {
        service: refusal(client(served, service, **given), service)[0] for service in ("ec2", "sts", "ssm", "s3")
    }
    expired = "ExpiredToken"
    assert reported == {"ec2": "RequestExpired", "sts": expired, "ssm": f"{expired}Exception", "s3": expired}


def test_a_role_of_another_account_opens_nothing(served: Served) -> None:
    role = "arn:aws:iam::123456789012:role/elsewhere"
    one = served.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    given = {
        "aws_access_key_id": one["AccessKeyId"],
        "aws_secret_access_key": one["SecretAccessKey"],
        "aws_session_token": one["SessionToken"],
    }
    assert refusal(client(served, "ec2", **given), "ec2") == ("AuthFailure", 401)
    assert refusal(client(served, "s3", **given), "s3") == ("InvalidAccessKeyId", 403)


def test_a_user_s_key_opens_until_it_is_inactive(served: Served) -> None:
    iam = served.client("iam")
    iam.create_user(UserName="operator")
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert client(served, "sts", **keys).get_caller_identity()["Arn"].endswith(":user/operator")
    client(served, "ec2", **keys).describe_vpcs()
    assert refusal(client(served, "ec2", **keys | {"aws_secret_access_key": "x"}), "ec2")[0] == "AuthFailure"
    iam.update_access_key(UserName="operator", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert refusal(client(served, "ec2", **keys), "ec2")[0] == "AuthFailure"
    iam.delete_access_key(UserName="operator", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="operator")


def raw(
    url: str, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, bytes, dict[str, str]]:
    """Send a request as it is, and return status, body and headers (names in lower case) of the answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request(method, target, body=body or None, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def target_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def test_signed_queries_are_verified_as_signed_headers_are(served: Served) -> None:
    s3 = client(served, "s3", signature_version="s3v4")
    s3.create_bucket(Bucket="presigned")
    put = s3.generate_presigned_url("put_object", {"Bucket": "presigned", "Key": "a b"})
    assert raw(served.url, "PUT", target_of(put), b"text")[0] == 200
    get = s3.generate_presigned_url("get_object", {"Bucket": "presigned", "Key": "a b"})
    assert raw(served.url, "GET", target_of(get))[:2] == (200, b"text")
    for other in (get.replace("a%20b", "a%20c"), get[:-1] + ("0" if get[-1] != "0" else "1")):
        status, body, _ = raw(served.url, "GET", target_of(other))
        assert (status, b"SignatureDoesNotMatch" in body) == (403, True)
    assert raw(served.url, "DELETE", target_of(get))[0] == 403
    over = s3.generate_presigned_url("get_object", {"Bucket": "presigned", "Key": "a b"}, ExpiresIn=1)
    end = time.monotonic() + 10
    while (answer := raw(served.url, "GET", target_of(over)))[0] == 200:
        assert time.monotonic() < end
    assert (answer[0], b"Request has expired" in answer[1]) == (403, True)
    s3.delete_object(Bucket="presigned", Key="a b")
    s3.delete_bucket(Bucket="presigned")


def test_signed_queries_of_other_services_too(served: Served) -> None:
    for service, call, reported in (
        ("ec2", "describe_vpcs", b"DescribeVpcsResponse"),
        ("sts", "get_caller_identity", ACCOUNT.encode()),
        ("cloudformation", "list_stacks", b"ListStacksResult"),
    ):
        url = served.client(service).generate_presigned_url(call, HttpMethod="GET")
        status, body, _ = raw(served.url, "GET", target_of(url))
        assert (status, reported in body) == (200, True), body
        status, body, _ = raw(served.url, "GET", target_of(url).replace("Version=2", "Version=3"))
        assert status in {401, 403}, body


def chunked(served: Served, target: str, payload: str, body: bytes, *, broken: bool = False) -> int:
    """Upload in one chunk, as SDKs do, and return the status; the signature of the last chunk may be broken."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    named = {
        "host": urlsplit(served.url).netloc,
        "content-encoding": "aws-chunked",
        "x-amz-content-sha256": payload,
        "x-amz-date": moment,
        "x-amz-decoded-content-length": str(len(body)),
    }
    scope = f"{served.owner.access_key_id}/{moment[:8]}/us-east-1/s3/aws4_request"
    head = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={';'.join(sorted(named))}, Signature="
    wire = sigv4.WireRequest(
        method="PUT",
        path=target,
        query="",
        headers=[*((name, text.encode()) for name, text in named.items()), ("authorization", f"{head}0".encode())],
    )
    signature, secret = sigv4.signature_of(wire), served.owner.secret.reveal()
    assert signature is not None
    previous = seed = sigv4.signature_for(signature, wire, secret)
    key, empty, sent = sigv4.signing_key(signature, secret), hashlib.sha256().hexdigest(), b""
    for data in (body, b""):
        of = (f"{sigv4.ALGORITHM}-PAYLOAD", moment, signature.scope, previous, empty, hashlib.sha256(data).hexdigest())
        previous = hmac.new(key, "\n".join(of).encode(), hashlib.sha256).hexdigest()
        reported = (
            f";chunk-signature={'0' * 64 if broken and not data else previous}" if payload in SIGNED_CHUNKS else ""
        )
        sent += f"{len(data):x}{reported}\r\n".encode() + data + b"\r\n"
    return raw(served.url, "PUT", target, sent, {**named, "authorization": head + seed})[0]


def test_uploads_in_chunks_are_taken_and_each_chunk_that_is_signed_is_verified(served: Served) -> None:
    s3 = client(served, "s3", signature_version="s3v4")
    s3.create_bucket(Bucket="chunks")
    body = b"five times " * 5
    url = s3.generate_presigned_url("put_object", {"Bucket": "chunks", "Key": "unsigned"})
    assert raw(served.url, "PUT", target_of(url), body)[0] == 200
    s3.put_object(Bucket="chunks", Key="hashed", Body=body, ChecksumAlgorithm="SHA256")
    assert chunked(served, "/chunks/framed", sigv4.UNSIGNED_CHUNKS, body) == 200
    assert chunked(served, "/chunks/chained", SIGNED_CHUNKS[0], body) == 200
    assert chunked(served, "/chunks/broken", SIGNED_CHUNKS[0], body, broken=True) == 403
    assert chunked(served, "/chunks/broken", "STREAMING-OF-ANOTHER-KIND", body) == 400
    keys = ("chained", "framed", "hashed", "unsigned")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="chunks")["Contents"]] == list(keys)
    for key in keys:
        assert s3.get_object(Bucket="chunks", Key=key)["Body"].read() == body
        s3.delete_object(Bucket="chunks", Key=key)
    s3.delete_bucket(Bucket="chunks")


def test_a_body_that_is_too_long_is_refused_and_one_of_nobody_is_not_even_read(served: Served) -> None:
    scope = f"Credential=%s/{time.strftime('%Y%m%d', time.gmtime())}/us-east-1/ssm/aws4_request"
    head = {"X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), "Content-Type": "application/x-amz-json-1.1"}
    for key, code in (("AKIANOBODY", "UnrecognizedClientException"), (served.owner.access_key_id, "EntityTooLarge")):
        signed = f"AWS4-HMAC-SHA256 {scope % key}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
        connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=20)
        connection.putrequest("POST", "/")
        for name, value in (head | {"Authorization": signed, "Content-Length": str(17 << 20)}).items():
            connection.putheader(name, value)
        connection.endheaders()
        if code == "EntityTooLarge":
            connection.send(b"x" * (17 << 20))
        answer = connection.getresponse()
        assert json.loads(answer.read())["__type"] == code
        connection.close()


@pytest.mark.process
def test_each_region_and_each_twin_has_a_key_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    running = standalone.up("keyed")
    try:
        reported = standalone.environment(running)
        secret = reported["AWS_SECRET_ACCESS_KEY"]
        assert stat.S_IMODE(running.credentials.stat().st_mode) == 0o600
        words = Path(f"/proc/{running.pid}/cmdline").read_bytes() + Path(f"/proc/{running.pid}/environ").read_bytes()
        assert secret.encode() not in words
        session: Any = boto3.Session
        keys = {"aws_access_key_id": reported["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": secret}
        session(**keys).client("ec2", endpoint_url=running.endpoint, region_name="us-east-1").describe_vpcs()
        standalone.down("keyed", keep=True)
        again = standalone.up("keyed")
        assert standalone.environment(again) == reported
        written = [file for file in running.folder.rglob("*") if file.is_file() and file != running.credentials]
        assert [file for file in written if secret.encode() in file.read_bytes()] == []
    finally:
        standalone.down("keyed")
    found = {reported["AWS_ACCESS_KEY_ID"]}
    for name in ("one", "two", "one"):
        folder, lock = run_folder.claim(name)
        twin = run_folder.Twin(name=name, pid=1, endpoint="http://x", region="us-east-1", run_dir=folder, way="")
        found.add(twin.credentials.read_text(encoding="utf-8"))
        os.close(lock)
    assert len(found) == 4


@pytest.mark.process
def test_a_region_without_a_key_does_not_start(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "awsregion", "--port", "0", "--state", str(tmp_path / "state"))
    done = subprocess.run(
        (*command, "--credentials", str(tmp_path / "none")), capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, "holds no access key" in done.stderr) == (3, True)

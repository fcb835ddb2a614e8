"""An endpoint that is not AWS, or answers garbage: every verb that asks it ends in words."""

from __future__ import annotations

import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from mcastlab.aws.clients import Clients, asking
from mcastlab.aws.vpn_xml import parse_stored_keys, parse_tunnels
from mcastlab.cli.main import main
from mcastlab.verify.engine import verify
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.process

BODIES = {
    "nothing": (200, "text/xml", b""),
    "a page": (200, "text/html", b"<!DOCTYPE html><html><body>Sign in</body></html>"),
    "half": (200, "text/xml", b"<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>de"),
    "binary": (200, "text/xml", bytes(range(256)) * 8),
    "JSON": (200, "application/x-amz-json-1.1", b'{"Stacks": 7, "Account": [], "Reservations": "x"}'),
    "a list": (200, "application/x-amz-json-1.1", b"[1, 2]"),
    "XML of another shape": (
        200,
        "text/xml",
        (
            b"<R><GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult><DescribeStacksResult><Stacks>"
            b"<member><StackStatus>X</StackStatus></member></Stacks></DescribeStacksResult></R>"
        ),
    ),
    "an error that is none": (400, "text/plain", b"no"),
    "a proxy's refusal": (403, "text/html", b"<html><body>Blocked by policy</body></html>"),
}
VERBS = {
    "configure": ("configure",),
    "drift": ("drift",),
    "verify": ("verify", "--no-traffic"),
    "status": ("status", "--json"),
    "traffic": ("traffic",),
}


class _Endpoint(BaseHTTPRequestHandler):
    answer: ClassVar[tuple[int, str, bytes]] = BODIES["nothing"]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, kind, body = self.answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def environment(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    reported = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "AKIAGARBAGE",
        "AWS_SECRET_ACCESS_KEY": "s3cr3t",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "XDG_STATE_HOME": str(tmp_path),
        "MCASTLAB_SSH_CONFIG": str(tmp_path / "ssh_config"),
    }
    (tmp_path / "ssh_config").write_text("")
    for name, value in reported.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return monkeypatch


def ended_in_words(verb: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    code = main([*VERBS[verb]])
    out, err = capsys.readouterr()
    assert code in {1, 2, 3, 4}, (out, err)
    assert "Traceback" not in out + err
    assert not (folder / "mcastlab" / "bugs").exists(), err
    assert "s3cr3t" not in out + err
    return out + err


@pytest.mark.series(gate=len(BODIES))  # a verb a body
@pytest.mark.parametrize("verb", ["configure", "drift", "status", "traffic"])
@pytest.mark.parametrize("body", BODIES)
def test_what_is_not_aws_is_reported(
    verb: str,
    body: str,
    environment: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment.setattr(_Endpoint, "answer", BODIES[body])
    assert "hint" in ended_in_words(verb, tmp_path, capsys)


@pytest.mark.parametrize("body", ["half", "a list"])
def test_a_verification_of_what_is_not_aws_is_a_report(
    body: str, environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setattr(_Endpoint, "answer", BODIES[body])
    environment.setattr("mcastlab.cli.steps.verify", partial(verify, patience_s=0))
    assert "AWS" in ended_in_words("verify", tmp_path, capsys)


@pytest.mark.parametrize(
    "setting",
    [
        ("AWS_PROFILE", "nobody"),
        ("AWS_ENDPOINT_URL", "no endpoint"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_CA_BUNDLE", "/nowhere/ca.pem"),
    ],
)
@pytest.mark.parametrize("verb", ["configure", "status"])
def test_an_environment_that_leads_nowhere_is_reported(
    setting: tuple[str, str],
    verb: str,
    environment: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment.setenv(*setting)
    ended_in_words(verb, tmp_path, capsys)


def test_a_configuration_of_the_sdk_that_cannot_be_read_is_reported(
    environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text("[default\nregion us-east-1\n")
    environment.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert str(tmp_path / "config") in ended_in_words("configure", tmp_path, capsys)


def test_no_credentials_are_reported(
    environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        environment.delenv(name)
    environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "credentials" in ended_in_words("status", tmp_path, capsys)


def test_a_shape_that_is_missing_is_named_and_a_value_is_not() -> None:
    answer: dict[str, str] = {}
    missing = r"reading: the answer is not what AWS answers \(Reservations is missing\)"
    with pytest.raises(RefusedError, match=missing), asking("reading"):
        answer["Reservations"].upper()
    with pytest.raises(RefusedError) as caught, asking("reading"):
        int("s3cr3t")
    assert "s3cr3t" not in caught.value.text


def test_a_client_that_cannot_be_made_is_reported(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_ENDPOINT_URL", "no endpoint")
    with pytest.raises(RefusedError, match="making ready to ask ec2"):
        _ = Clients("us-east-1").ec2


@pytest.mark.parametrize(
    "text",
    ["", "x", "<a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<v><ipsec_tunnel/></v>", "<a>" * 2000, "\x00"],
)
def test_a_gateway_configuration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="VPN connection vpn-1"):
        parse_tunnels(text, "vpn-1")


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', "[" * 100_000, "s3cr3t"])
def test_stored_keys_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(RefusedError) as caught:
        parse_stored_keys(text, "vpn-1")
    assert "s3cr3t" not in caught.value.text

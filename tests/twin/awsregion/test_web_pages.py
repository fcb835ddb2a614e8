"""A web page tries to drive the region, in a real Chromium: with requests that are signed as well as they can be."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from report.browser import Browser, browser
from twin.awsregion.test_authentication import raw, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin.awsregion.conftest import Served

REBOUND = "rebound.example"
"""A name that the attacker's name server leads to loopback."""
BUCKET = "of-a-page"
CIDR = "10.66.0.0/16"

SIMPLE = """
const [url, options, done] = arguments;
fetch(url, options).then(async a => done({status: a.status, type: a.type, text: await a.text()}),
                         error => done({error: String(error)}));
"""
FORM = """
const form = document.createElement('form');
[form.method, form.action, form.target] = ['post', arguments[0], 'inside'];
const field = document.createElement('input');
[field.name, field.value] = ['Action', 'CreateVpc'];
form.append(field);
const frame = document.createElement('iframe');
frame.name = 'inside';
document.body.append(frame, form);
const done = arguments[1];
frame.onload = () => setTimeout(() => done('loaded'), 0);
form.submit();
"""
IMAGE = """
const [url, done] = arguments, image = new Image();
image.onload = image.onerror = event => done(event.type);
image.src = url;
"""
SOCKET = """
const [url, done] = arguments, socket = new WebSocket(url);
socket.onopen = socket.onerror = event => done(event.type);
"""


class Page(BaseHTTPRequestHandler):
    """The attacker's site."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>harmless</title><body>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    # A browser keeps connections open on which it never asks.
    server.daemon_threads, server.block_on_close = True, False
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("attacker"), f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1") as opened:
        opened.driver.set_script_timeout(20)
        yield opened


def signed(served: Served, service: str, call: str, parameters: dict[str, Any], method: str, *, host: str = "") -> str:
    """Return a signed address as the region's owner makes it: the page has got hold of it."""
    session: Any = boto3.Session
    client = session(region_name="us-east-1", **served.keys).client(
        service,
        endpoint_url=served.url.replace("127.0.0.1", host or "127.0.0.1"),
        config=Config(signature_version="s3v4" if service == "s3" else "v4-query", s3={"addressing_style": "path"}),
    )
    url: str = client.generate_presigned_url(call, parameters, HttpMethod=method)
    return url


def made(served: Served) -> tuple[list[str], list[str]]:
    """Return what is in the region of what the page tries to make."""
    buckets = [one["Name"] for one in served.client("s3").list_buckets()["Buckets"] if one["Name"] == BUCKET]
    vpcs = [one["CidrBlock"] for one in served.client("ec2").describe_vpcs()["Vpcs"] if one["CidrBlock"] == CIDR]
    return buckets, vpcs


def run(window: Browser, script: str, *arguments: Any) -> Any:
    return window.driver.execute_async_script(script, *arguments)


def test_what_the_page_has_got_hold_of_works_outside_of_a_browser(served: Served) -> None:
    url = signed(served, "ec2", "create_vpc", {"CidrBlock": CIDR}, "GET")
    assert raw(served.url, "GET", target_of(url))[0] == 200
    ec2 = served.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": [CIDR]}])["Vpcs"]
    ec2.delete_vpc(VpcId=vpc["VpcId"])


@pytest.mark.parametrize("mode", ["no-cors", "cors"])
def test_a_page_s_requests_are_refused(served: Served, window: Browser, site: str, mode: str) -> None:
    window.driver.get(site)
    bucket = signed(served, "s3", "create_bucket", {"Bucket": BUCKET}, "PUT")
    for method in ("GET", "POST"):
        vpc = signed(served, "ec2", "create_vpc", {"CidrBlock": CIDR}, method)
        answer = run(window, SIMPLE, vpc, {"method": method, "mode": mode})
        assert answer.get("status", 0) == 0, answer
    preflighted = {"method": "PUT", "mode": "cors", "headers": {"X-Amz-Meta-A": "b"}}
    assert "error" in run(window, SIMPLE, bucket, preflighted)
    assert made(served) == ([], [])


def test_a_page_s_forms_images_and_sockets_are_refused(served: Served, window: Browser, site: str) -> None:
    window.driver.get(site)
    by_post = signed(served, "ec2", "create_vpc", {"CidrBlock": CIDR}, "POST")
    by_get = signed(served, "ec2", "create_vpc", {"CidrBlock": CIDR}, "GET")
    assert run(window, FORM, by_post) == "loaded"
    assert run(window, IMAGE, by_get) == "error"
    assert run(window, SOCKET, by_get.replace("http:", "ws:")) == "error"
    assert made(served) == ([], [])


def test_a_page_whose_name_was_led_to_loopback_is_refused(served: Served, window: Browser) -> None:
    port = urlsplit(served.url).port
    window.driver.get(f"http://{REBOUND}:{port}/")
    assert "127.0.0.1" in window.driver.page_source
    vpc = signed(served, "ec2", "create_vpc", {"CidrBlock": CIDR}, "GET", host=REBOUND)
    answer = run(window, SIMPLE, vpc, {"method": "GET"})
    assert (answer["status"], "answers to" in answer["text"]) == (403, True)
    # The header by which any key would do, before there was one.
    forged = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0"
    posted = {
        "method": "POST",
        "headers": {"Authorization": forged, "Content-Type": "application/x-www-form-urlencoded"},
        "body": f"Action=CreateVpc&CidrBlock={CIDR}&Version=2016-11-15",
    }
    assert run(window, SIMPLE, f"http://{REBOUND}:{port}/", posted)["status"] == 403
    assert made(served) == ([], [])


def test_what_a_user_opens_by_hand_is_answered(served: Served, window: Browser) -> None:
    window.driver.get("about:blank")
    window.driver.get(signed(served, "sts", "get_caller_identity", {}, "GET"))
    assert "000000000000" in window.driver.page_source


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:{port}.evil.example", "[::1]"],
)
def test_other_hosts_are_refused(served: Served, host: str) -> None:
    named = host.format(port=urlsplit(served.url).port)
    status, body, _ = raw(served.url, "GET", "/", headers={"Host": named})
    assert (status, b"answers to" in body) == (403, True)


def test_localhost_and_letters_of_any_case_are_the_region(served: Served) -> None:
    session: Any = boto3.Session
    url = served.url.replace("127.0.0.1", "localhost")
    client = session(region_name="us-east-1", **served.keys).client("ec2", endpoint_url=url)
    assert "Vpcs" in client.describe_vpcs()


@pytest.mark.parametrize("path", ["/", "/bucket/key", "/health", "/_ministack/reset"])
def test_preflights_are_refused_and_no_answer_may_be_read(served: Served, path: str) -> None:
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"}
    credential = "?X-Amz-Credential=test/20260101/us-east-1/s3/aws4_request"
    for target in (path, path + credential):
        for headers in (asked, {}):
            status, _, reported = raw(served.url, "OPTIONS", target, headers=headers)
            assert status == 403
            assert not [name for name in reported if name.startswith("access-control")]


def test_answers_of_every_service_have_no_header_for_pages(served: Served) -> None:
    for service, call in (("s3", "list_buckets"), ("sts", "get_caller_identity"), ("cloudformation", "list_stacks")):
        url = signed(served, service, call, {}, "GET")
        status, _, reported = raw(served.url, "GET", target_of(url))
        assert status == 200
        assert not [name for name in reported if name.startswith("access-control")]


def test_other_ways_to_speak_are_refused(served: Served) -> None:
    host = urlsplit(served.url).netloc
    for method in ("TRACE", "CONNECT", "PROPFIND"):
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.putrequest(method, "/")
        connection.endheaders()
        assert connection.getresponse().status in {400, 403}
        connection.close()
    assert raw(served.url, "GET", f"http://{host}/")[0] == 403

"""The region's process: what it refuses, where it listens, what it costs and where it writes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from twin.awsregion.labs import HOST_IMAGE, ROUTER_IMAGE
from twin.awsregion.template import HOST_PARAMETER, ROUTER_PARAMETER

from awsregion import credentials

if TYPE_CHECKING:
    from twin.awsregion.conftest import Served

pytestmark = pytest.mark.process


def test_images_are_named_by_public_parameters(served: Served) -> None:
    ssm = served.client("ssm")
    values = [ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in (ROUTER_PARAMETER, HOST_PARAMETER)]
    assert values == [ROUTER_IMAGE, HOST_IMAGE]


def test_an_unknown_action_is_refused_at_once(served: Served) -> None:
    with pytest.raises(ClientError) as caught:
        served.client("ec2").describe_hosts()
    assert caught.value.response["Error"]["Code"] == "InvalidAction"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_another_region_and_another_account_are_not_here(served: Served) -> None:
    for options in ({"region_name": "eu-west-1"}, {"aws_access_key_id": "123456789012"}):
        given = {"region_name": "us-east-1"} | served.keys | options
        session: Any = boto3.Session
        client = session(**given).client("ec2", endpoint_url=served.url)
        with pytest.raises(ClientError) as caught:
            client.describe_vpcs()
        assert caught.value.response["Error"]["Code"] == "AuthFailure"


def test_the_host_s_own_administration_is_out_of_reach(served: Served) -> None:
    address = served.url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=5) as connection:
        host = served.url.removeprefix("http://").encode()
        connection.sendall(
            b"POST /_ministack/reset HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" % host
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 404")


def test_sts_knows_the_account(served: Served) -> None:
    assert served.client("sts").get_caller_identity()["Account"] == "000000000000"


def test_it_stays_small(served: Served) -> None:
    status = Path(f"/proc/{served.pid}/status").read_text(encoding="utf-8")
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    assert int(resident.split()[1]) < 250 * 1024


def run_region(state: Path, *arguments: str, fds: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
    credentials.create(state / credentials.FILE)
    options = ("--state", str(state), "--credentials", str(state / credentials.FILE))
    command = (sys.executable, "-m", "awsregion", *options, *arguments)
    return subprocess.run(command, capture_output=True, text=True, timeout=20, pass_fds=fds, check=False)


def test_it_binds_loopback_only(tmp_path: Path) -> None:
    done = run_region(tmp_path, "--port", "0", "--host", "0.0.0.0")  # noqa: S104  (to be refused)
    assert done.returncode == 2
    assert "not a loopback address" in done.stderr


def test_a_port_that_is_none_is_bad_input(tmp_path: Path) -> None:
    done = run_region(tmp_path, "--port", "70000")
    assert (done.returncode, "127.0.0.1:70000 cannot be had" in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr


def test_it_takes_no_inherited_socket_that_others_can_reach(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("", 0))
        listener.listen()
        number = listener.fileno()
        done = run_region(tmp_path, "--fd", str(number), fds=(number,))
    assert (done.returncode, "not a loopback address" in done.stderr) == (2, True)


def test_it_writes_nothing_outside_its_state(served: Served) -> None:
    opened = [str(one.readlink()) for one in Path(f"/proc/{served.pid}/fd").iterdir()]
    own = str(served.state.parent)
    files = [one for one in opened if one.startswith("/") and not one.startswith(("/dev/", own))]
    written = [one for one in files if os.access(one, os.W_OK) and "site-packages" not in one]
    assert written == []


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("lambda", "list_functions", "UnknownOperationException"),
        ("dynamodb", "list_tables", "UnknownOperationException"),
        ("sns", "list_topics", "UnknownOperationException"),
        ("sqs", "list_queues", "UnknownOperationException"),
        ("cloudwatch", "list_metrics", "UnknownOperationException"),
        ("route53", "list_hosted_zones", "UnknownOperationException"),
        ("eks", "list_clusters", "UnknownOperationException"),
        ("ssm", "describe_patch_baselines", "InvalidAction"),
        ("kms", "describe_custom_key_stores", "InvalidAction"),
        ("cloudformation", "list_generated_templates", "InvalidAction"),
        ("ec2", "describe_spot_instance_requests", "InvalidAction"),
    ],
)
def test_what_the_region_has_not_is_refused_at_once_and_never_tried_again(
    served: Served, service: str, call: str, code: str
) -> None:
    # The retries are botocore's own default: an answer that it takes for a passing fault would bring them.
    session: Any = boto3.Session
    given = {"region_name": "us-east-1"} | served.keys
    client = session(**given).client(service, endpoint_url=served.url)
    with pytest.raises(ClientError) as caught:
        getattr(client, call)()
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["Error"]["Message"]
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_a_request_that_nobody_signed_is_refused(served: Served) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{served.url}/?Action=DescribeVpcs", timeout=5)  # noqa: S310  (http on loopback)
    with caught.value as answer:
        assert answer.code == 403
        assert b"MissingAuthenticationToken" in answer.read()

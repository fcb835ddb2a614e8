"""A region by itself: found again, side by side, private files, and a state that outlives its process."""

from __future__ import annotations

import os
import shlex
import signal
import stat
import subprocess
import sys
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from twin.awsregion.stacks import Stack, left_over
from twin.awsregion.template import TEMPLATE

from awsregion import standalone
from mcastlab_base.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from awsregion.standalone import Standalone

pytestmark = pytest.mark.process


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where regions keep their state; none is left after the test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    yield tmp_path
    for name in standalone.names():
        standalone.down(name)


def client_of(running: Standalone) -> Callable[[str], Any]:
    """Return boto3 clients by nothing but the environment that the region tells."""
    reported = standalone.environment(running)
    session: Any = boto3.Session

    @cache
    def client(service: str) -> Any:
        return session(
            aws_access_key_id=reported["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=reported["AWS_SECRET_ACCESS_KEY"],
            region_name=reported["AWS_REGION"],
        ).client(service, endpoint_url=reported["AWS_ENDPOINT_URL"], config=Config(retries={"total_max_attempts": 1}))

    return client


def kill(running: Standalone) -> None:
    os.kill(running.pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while standalone.find(running.name) is not None:
        assert time.monotonic() < end
        time.sleep(0.01)


def described(client: Callable[[str], Any], stack: Stack) -> dict[str, Any]:
    """Return what the services say of everything that the stack made."""
    ec2, secrets, ssm = client("ec2"), client("secretsmanager"), client("ssm")
    said: dict[str, Any] = {
        name: getattr(ec2, f"describe_{name}")()
        for name in ("vpcs", "route_tables", "vpn_connections", "instances", "transit_gateways", "key_pairs", "tags")
    }
    said |= {"ids": stack.ids(), "outputs": stack.outputs(), "left": left_over(client)}
    said["secret"] = secrets.get_secret_value(SecretId="kept")["SecretString"]
    said["parameter"] = ssm.get_parameter(Name="/lab/name")["Parameter"]["Value"]
    for answer in said.values():
        if isinstance(answer, dict):
            answer.pop("ResponseMetadata", None)
    return said


def test_a_state_outlives_the_process_and_goes_with_the_region(home: Path) -> None:
    running = standalone.up("kept")
    assert standalone.find("kept") == running
    client = client_of(running)
    client("s3").create_bucket(Bucket="assets")
    client("s3").put_object(Bucket="assets", Key="a/b", Body=b"text")
    client("secretsmanager").create_secret(Name="kept", SecretString="a secret")
    stack = Stack(client, "kept")
    stack.create(TEMPLATE)
    before = described(client, stack)
    saved = running.folder / "state" / "ec2.json"
    end = time.monotonic() + 10
    while (
        not saved.exists() or "kept" not in (running.folder / "state" / "ministack" / "cloudformation.json").read_text()
    ):
        assert time.monotonic() < end
        time.sleep(0.05)
    # What was not written in the last second is lost to a kill; so it is asked to end the first time.
    os.kill(running.pid, signal.SIGTERM)
    while standalone.find("kept") is not None:
        time.sleep(0.01)
    again = standalone.up("kept")
    assert (again.endpoint, again.pid != running.pid) == (running.endpoint, True)
    client = client_of(again)
    assert described(client, Stack(client, "kept")) == before
    assert client("s3").get_object(Bucket="assets", Key="a/b")["Body"].read() == b"text"
    open_to_others = [
        str(path) for path in running.folder.rglob("*") if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_to_others == []
    kill(again)
    third = standalone.up("kept")
    client = client_of(third)
    assert described(client, Stack(client, "kept")) == before
    Stack(client, "kept").delete()
    client("secretsmanager").delete_secret(SecretId="kept", ForceDeleteWithoutRecovery=True)
    client("s3").delete_object(Bucket="assets", Key="a/b")
    client("s3").delete_bucket(Bucket="assets")
    assert set(left_over(client).values()) == {0}
    assert standalone.down("kept")
    assert not running.folder.exists()
    assert list(home.rglob("*.json")) == []


def test_several_stand_side_by_side_and_know_nothing_of_each_other(home: Path) -> None:
    one, two = standalone.up("one"), standalone.up("two", region="eu-west-1")
    assert one.endpoint != two.endpoint
    assert standalone.names() == ("one", "two")
    client_of(one)("ec2").create_vpc(CidrBlock="10.0.0.0/16")
    assert client_of(two)("ec2").describe_vpcs()["Vpcs"] == []
    assert client_of(two)("ec2").describe_availability_zones()["AvailabilityZones"][0]["ZoneName"] == "eu-west-1a"
    homes = {standalone.environment(each)["CDK_HOME"] for each in (one, two)}
    assert len(homes) == 2
    assert all(path.startswith(str(home)) for path in homes)


def test_another_address_than_loopback_is_refused_and_leaves_nothing(home: Path) -> None:
    with pytest.raises(BadInputError, match="not a loopback address"):
        standalone.up("open", host="0.0.0.0")  # noqa: S104  (to be refused)
    assert standalone.names() == ()
    with pytest.raises(BadInputError, match="cannot be a region's name"):
        standalone.up("../up")
    assert list(home.rglob("log")) == []


def lab(*arguments: str) -> str:
    command = (sys.executable, "-m", "mcastlab", "region", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("home")
def test_the_verb_starts_finds_and_ends_it() -> None:
    assert "there is no region" in lab("status")
    reported = lab("up")
    assert lab("up") == reported
    assert lab("status") == reported
    exported = dict(word.split("=", 1) for word in shlex.split(lab("env")) if "=" in word)
    assert exported["AWS_ENDPOINT_URL"] in reported
    assert lab("fault", "create", "Gateway", "--times", "2") == "create Gateway: 2 times\n"
    assert lab("down", "--keep") == "region default: ended, its state kept\n"
    assert "down; its state is kept" in lab("status")
    lab("up")
    assert lab("fault", "list") == "create Gateway: 2 times\n"
    assert lab("fault", "clear") == "nothing is to fail\n"
    assert lab("down") == "region default: removed\n"
    assert lab("down") == "region default: there was none\n"

"""What was deployed stays, whatever is published since: a lab's instances keep their image, from any clone."""

from __future__ import annotations

import asyncio
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from awsregion import standalone
from awsregion.control import RegionControl
from mcastlab.aws.cdk import command, environment
from mcastlab.aws.clients import Clients
from mcastlab.aws.images import kept_images
from mcastlab.aws.permissions import actions
from mcastlab.lab.images import HOST_IMAGE_PARAMETER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process


@pytest.fixture
def region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[standalone.Standalone]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    running = standalone.up("images")
    for name, value in standalone.environment(running).items():
        monkeypatch.setenv(name, value)
    yield running
    standalone.down("images")


def deploy(assembly: Path, clone: Path, *options: str) -> None:
    """Deploy as a clone does that has deployed nothing before."""
    own = {"HOME": str(clone), "CDK_HOME": str(clone / "cdk"), "CDK_DISABLE_CLI_TELEMETRY": "1"}
    words = ["deploy", "--all", "--require-approval", "never", "--no-notices", "-a", str(assembly), *options]
    done = subprocess.run(
        command(words), env=environment() | own, cwd=clone, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def instances(clients: Clients) -> dict[str, str]:
    """Return the image of each instance."""
    ec2: Any = clients.ec2
    found = [one for each in ec2.describe_instances()["Reservations"] for one in each["Instances"]]
    return {one["InstanceId"]: one["ImageId"] for one in found if one["State"]["Name"] != "terminated"}


def test_newer_images_replace_nothing(lab: Lab, assembly: Path, region: standalone.Standalone, tmp_path: Path) -> None:
    clones = [tmp_path / name for name in ("first", "second")]
    for clone in clones:
        clone.mkdir()
    clients = Clients(lab.region)
    images = kept_images(clients, lab)
    given = [word for (stack, name), value in images.items() for word in ("--parameters", f"{stack}:{name}={value}")]
    deploy(assembly, clones[0], *given)
    before = instances(clients)
    assert set(before.values()) == set(images.values())
    assert len(before) == 1 + len(lab.host_names)
    asyncio.run(RegionControl(region.control).publish())
    newest = clients.ssm.get_parameter(Name=HOST_IMAGE_PARAMETER)["Parameter"]["Value"]
    assert newest not in before.values()
    # What `up` gives, and what a plain `cdk deploy` leaves as it is.
    assert kept_images(clients, lab) == images
    deploy(assembly, clones[1])
    assert instances(clients) == before
    # Who may do what the list says may do all of this.
    asked = re.findall(r"awsregion\.front: (\S+) (\w+)$", region.log.read_text(encoding="utf-8"), re.MULTILINE)
    assert {("cloudformation", "ExecuteChangeSet"), ("ec2", "DescribeInstances")} <= set(asked)
    assert {f"{service}:{action}" for service, action in asked} - {*actions("deploy"), *actions("use")} == set()


def test_a_lab_that_has_no_such_parameter_yet_keeps_the_images_of_its_instances(
    lab: Lab, region: standalone.Standalone
) -> None:
    clients = Clients(lab.region)
    ec2: Any = clients.ec2
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    older = clients.ssm.get_parameter(Name=HOST_IMAGE_PARAMETER)["Parameter"]["Value"]
    tags = [{"Key": "mcastlab:lab", "Value": lab.name}, {"Key": "Name", "Value": lab.host_names[0]}]
    ec2.run_instances(
        ImageId=older,
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    asyncio.run(RegionControl(region.control).publish())
    router, hosts = kept_images(clients, lab).values()
    assert hosts == older
    # Nothing was deployed of the router: it gets the newest.
    assert router.endswith("0002")

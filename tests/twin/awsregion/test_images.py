"""What was deployed stays, whatever is published since: a lab's instances keep their image, from any clone."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from documents import LABS
from twin.awsregion.fast_deployer import FastDeployer, synthesised

from awsregion import standalone
from awsregion.control import RegionControl
from mcastlab.aws.cdk import command, environment
from mcastlab.aws.clients import Clients
from mcastlab.aws.deploying import deploy_lab, planned
from mcastlab.aws.images import images_of
from mcastlab.aws.permissions import actions
from mcastlab.cli.main import main
from mcastlab.lab.design.kept_resources import NOTHING_KEPT
from mcastlab.lab.design.names import ROUTER_TAG, StackRole, stack_name
from mcastlab.lab.images import (
    HOST_IMAGE_DATED,
    HOST_IMAGE_PARAMETER,
    HOST_IMAGE_PIN,
    ROUTER_IMAGE_PIN,
    ROUTER_TOKENS,
)
from mcastlab.lab_files import read_lab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcastlab.aws.deployment_plan import DeploymentPlan
    from mcastlab.aws.images import LabImages
    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

FORTNIGHT_S = 14 * 24 * 3600.0


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
    images = images_of(clients, lab).parameters
    given = [word for (stack, name), value in images.items() for word in ("--parameters", f"{stack}:{name}={value}")]
    deploy(assembly, clones[0], *given)
    before = instances(clients)
    assert set(before.values()) == {value for value in images.values() if value.startswith("ami-")}
    assert len(before) == 1 + len(lab.host_names)
    asyncio.run(RegionControl(region.control).publish())
    asyncio.run(RegionControl(region.control).advance(FORTNIGHT_S))
    newest = clients.ssm.get_parameter(Name=HOST_IMAGE_PARAMETER)["Parameter"]["Value"]
    assert newest not in before.values()
    # What `up` gives, and what a plain `cdk deploy` leaves as it is.
    assert images_of(clients, lab).parameters == images
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
    images = images_of(clients, lab)
    assert images.wanted[lab.host_names[0]] == older
    # Nothing was deployed of the router: it gets the newest.
    assert images.wanted[ROUTER_TAG].endswith("0002")


def test_plain_stacks_take_dated_images_and_upgraded_ones_the_newest(lab: Lab, region: standalone.Standalone) -> None:
    clients, deployer = Clients(lab.region), FastDeployer(Clients(lab.region), lab)
    templates = deployer.synthesise(NOTHING_KEPT)
    assert "latest" not in json.dumps(templates)
    # As a plain `cdk deploy` does it: no parameter is given.
    deployer.deploy(NOTHING_KEPT, {})
    before = instances(clients)
    dated = clients.ssm.get_parameter(Name=HOST_IMAGE_DATED)["Parameter"]["Value"]
    assert set(before.values()) == {dated, images_of(clients, lab).wanted[ROUTER_TAG]}
    asyncio.run(RegionControl(region.control).publish())
    deployer.deploy(NOTHING_KEPT, {})
    assert instances(clients) == before
    # `up` keeps what is there, whoever deployed it.
    stays = images_of(clients, lab)
    assert not stays.replaced
    carry_out(clients, lab, deployer, stays)
    assert instances(clients) == before
    newest = images_of(clients, lab, upgrade=True)
    plan = carry_out(clients, lab, deployer, newest)
    assert "router.image" in plan.router
    assert plan.hosts == lab.host_names
    after = instances(clients)
    assert not before.keys() & after.keys()
    assert set(after.values()) == set(newest.wanted.values())
    assert not images_of(clients, lab).replaced


def carry_out(clients: Clients, lab: Lab, deployer: FastDeployer, images: LabImages) -> DeploymentPlan:
    plan = planned(clients, lab, deployer, images)
    deploy_lab(clients, lab, deployer, images, plan, leave=lambda _groups: None, progress=lambda _text: None)
    return plan


@pytest.mark.usefixtures("region")
def test_a_router_is_asked_for_session_tokens_only_where_its_image_speaks_them(lab: Lab) -> None:
    clients, key = Clients(lab.region), (stack_name(lab, StackRole.ROUTER), ROUTER_TOKENS)
    images = images_of(clients, lab)
    assert images.parameters[key] == "optional"
    assert "does not say that it speaks IMDSv2" in images.notes[0]
    speaking = clients.ssm.get_parameter(Name=HOST_IMAGE_PARAMETER)["Parameter"]["Value"]
    other = lab.model_copy(update={"router": lab.router.model_copy(update={"image": speaking})})
    images = images_of(clients, other)
    assert (images.parameters[key], images.notes) == ("required", ())
    # Who says so decides; hosts always have them demanded.
    said = lab.model_copy(update={"router": lab.router.model_copy(update={"metadata_tokens": "required"})})
    assert key not in images_of(clients, said).parameters
    templates = synthesised(said, NOTHING_KEPT)
    options = {
        each["Properties"]["MetadataOptions"]["HttpTokens"]
        for template in templates.values()
        for each in template["Resources"].values()
        if each["Type"] == "AWS::EC2::Instance"
    }
    assert options == {"required"}


@pytest.mark.usefixtures("region")
def test_pin_writes_what_is_deployed_where_every_deployment_finds_it(
    lab: Lab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wanted = images_of(Clients(lab.region), lab).wanted
    file = tmp_path / "lab.yaml"
    shutil.copyfile(LABS / "minimal.yaml", file)
    before = file.read_text(encoding="utf-8").splitlines()
    monkeypatch.chdir(tmp_path)
    assert main(["pin", "--lab", str(file), "--aws"]) == 0
    pinned = read_lab(file)
    assert pinned.router.image == wanted[ROUTER_TAG]
    assert {each.image for each in pinned.hosts} == {wanted[lab.host_names[0]]}
    after = re.sub(r"image: ami-\w+(, )?", "", file.read_text(encoding="utf-8")).splitlines()
    assert [line for line in after if line != "router: {}"] == before
    assert main(["pin", "--lab", str(LABS / "minimal.yaml"), "--aws", "--context"]) == 0
    context = json.loads((tmp_path / "cdk.context.json").read_text(encoding="utf-8"))
    assert context == {"images": {ROUTER_IMAGE_PIN: wanted[ROUTER_TAG], HOST_IMAGE_PIN: wanted[lab.host_names[0]]}}
    templates = synthesised(lab, NOTHING_KEPT, context["images"])
    defaults = {
        key: each.get("Default") for one in templates.values() for key, each in one.get("Parameters", {}).items()
    }
    assert context["images"].items() <= defaults.items()
    capsys.readouterr()

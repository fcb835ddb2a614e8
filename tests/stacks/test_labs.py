"""Every lab of tests/labs synthesises, passes the guardrails, and stays apart from one of another name."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from awsregion.cfn.ledger import RESOURCES
from awsregion.ministack_host import HOSTED_TYPES
from mcastlab.aws.cdk_install import cdk as cdk_command
from mcastlab.lab.design.names import stack_names
from mcastlab.lab_files import PROJECT, read_lab
from stacks.guardrails import guard

from .conftest import LAB_FILES, synthesise

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process


def test_there_are_labs_to_test() -> None:
    assert len(LAB_FILES) >= 6


@pytest.mark.parametrize("path", LAB_FILES, ids=lambda path: path.stem)
def test_every_stack_of_the_lab_is_synthesised(path: Path, assemblies: dict[str, Path]) -> None:
    made = {file.name.removesuffix(".template.json") for file in assemblies[path.stem].glob("*.template.json")}
    assert made == set(stack_names(read_lab(path)))


def test_cfn_lint_finds_nothing_in_any_template(assemblies: dict[str, Path]) -> None:
    files = [file for folder in assemblies.values() for file in sorted(folder.glob("*.template.json"))]
    program = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([program, *files], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_static_bridging_registers_the_routers_interface(assemblies: dict[str, Path]) -> None:
    lab = read_lab(PROJECT / "tests" / "labs" / "static_bridging.yaml")
    template = json.loads(
        (assemblies["static_bridging"] / f"{lab.name}-Router.template.json").read_text(encoding="utf-8")
    )
    kinds = [resource["Type"] for resource in template["Resources"].values()]
    static = [group for group in lab.groups if group.bridge == "static"]
    assert static
    assert kinds.count("AWS::EC2::TransitGatewayMulticastGroupMember") == len(static)


def test_router_has_an_interface_in_each_subnet_with_senders(assemblies: dict[str, Path]) -> None:
    template = json.loads((assemblies["two_subnets"] / "two-subnets-Router.template.json").read_text(encoding="utf-8"))
    resources = template["Resources"]

    def every(kind: str) -> dict[str, Any]:
        return {name: each["Properties"] for name, each in resources.items() if each["Type"] == f"AWS::EC2::{kind}"}

    interfaces = every("NetworkInterface")
    assert {name: each["SourceDestCheck"] for name, each in interfaces.items()} == dict.fromkeys(
        ("GigabitEthernet1", "GigabitEthernet2"), False
    )
    assert len({json.dumps(each["SubnetId"]) for each in interfaces.values()}) == len(interfaces)
    assert len({json.dumps(each["GroupSet"]) for each in interfaces.values()}) == len(interfaces)
    (router,) = every("Instance").values()
    assert [(each["DeviceIndex"], each["NetworkInterfaceId"]["Ref"]) for each in router["NetworkInterfaces"]] == [
        ("0", "GigabitEthernet1"),
        ("1", "GigabitEthernet2"),
    ]
    address = {"Fn::GetAtt": ["GigabitEthernet2", "PrimaryPrivateIpAddress"]}
    before, found, after = router["UserData"]["Fn::Base64"]["Fn::Join"][1]
    assert found == address
    assert before.endswith("interface GigabitEthernet2\n ip address ")
    assert after.startswith(" 255.255.255.0\n no shutdown\n")
    members = [
        (each["GroupIpAddress"], each["NetworkInterfaceId"]["Ref"])
        for each in every("TransitGatewayMulticastGroupMember").values()
    ]
    # The router joins the first group on its first interface; the third is sent from beside that alone.
    assert sorted(members) == [
        ("239.1.1.1", "GigabitEthernet2"),
        ("239.1.1.2", "GigabitEthernet1"),
        ("239.1.1.2", "GigabitEthernet2"),
    ]


def test_another_name_gives_other_stacks_and_no_shared_export(lab: Lab, assembly: Path, tmp_path: Path) -> None:
    other = lab.model_copy(update={"name": "other"})
    folder = synthesise(other, tmp_path / "other")

    def exports(place: Path, name: str) -> set[str]:
        template = json.loads((place / f"{name}-Network.template.json").read_text(encoding="utf-8"))
        return {json.dumps(output["Export"]) for output in template["Outputs"].values() if "Export" in output}

    ours, theirs = exports(assembly, lab.name), exports(folder, "other")
    assert ours
    assert theirs
    assert not ours & theirs


def test_guardrails_refuse_what_they_are_to_refuse(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path / "out"))
    stack = cdk.Stack(app, "Open", synthesizer=cdk.LegacyStackSynthesizer())
    vpc = ec2.Vpc(stack, "Vpc", subnet_configuration=[])
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc, description="open to all")
    group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.SSH, "SSH from everywhere")
    guard(app)
    with pytest.raises(RuntimeError):
        app.synth()
    report = json.loads((tmp_path / "out" / "validation-report.json").read_text(encoding="utf-8"))
    text = json.dumps(report)
    assert "AwsSolutions-EC23" in text
    assert "AwsSolutions-VPC7" in text


def test_the_local_region_has_the_resource_types_that_are_deployed_and_no_others(assemblies: dict[str, Path]) -> None:
    files = [file for folder in assemblies.values() for file in folder.glob("*.template.json")]
    ours = {
        resource["Type"]
        for file in files
        for resource in json.loads(file.read_text(encoding="utf-8"))["Resources"].values()
    }
    bootstrap = cdk_command().parents[1] / "lib" / "api" / "bootstrap" / "bootstrap-template.yaml"
    deployed = ours | set(
        re.findall(r"^    Type: ['\"]?(AWS::[\w:]+)", bootstrap.read_text(encoding="utf-8"), re.MULTILINE)
    )
    # The older type of an attachment, which labs of before keep; and what `cdk synth` may add itself.
    others = {"AWS::EC2::TransitGatewayVpcAttachment", "AWS::CDK::Metadata"}
    assert set(RESOURCES) | set(HOSTED_TYPES) == deployed | others

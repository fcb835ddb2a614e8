"""What the stacks say to CloudFormation: intent in single assertions, everything else in golden templates."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mcastlab.lab.design.names import OutputKey, stack_names
from mcastlab.lab.images import ROUTER_TOKENS

from .conftest import Template, synthesise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process


def of_type(templates: dict[str, Template], kind: str) -> list[dict[str, Any]]:
    return [properties for found, properties in resources(templates) if found == kind]


def resources(templates: dict[str, Template]) -> Iterator[tuple[str, dict[str, Any]]]:
    for template in templates.values():
        for resource in template["Resources"].values():
            yield resource["Type"], resource.get("Properties", {})


def test_templates_are_the_golden_ones(templates: dict[str, Template], golden: Callable[[str, str], None]) -> None:
    for name, template in templates.items():
        golden(f"stacks/{name}.json", json.dumps(template, indent=1, sort_keys=True) + "\n")


def test_domain_speaks_igmpv2_and_takes_any_source(templates: dict[str, Template]) -> None:
    (domain,) = of_type(templates, "AWS::EC2::TransitGatewayMulticastDomain")
    assert domain["Options"] == {"Igmpv2Support": "enable", "StaticSourcesSupport": "disable"}


def test_gateway_carries_multicast_and_propagates(templates: dict[str, Template]) -> None:
    (gateway,) = of_type(templates, "AWS::EC2::TransitGateway")
    assert gateway["MulticastSupport"] == "enable"
    assert gateway["DefaultRouteTableAssociation"] == gateway["DefaultRouteTablePropagation"] == "enable"


def test_every_member_subnet_is_in_the_domain(lab: Lab, templates: dict[str, Template]) -> None:
    associations = of_type(templates, "AWS::EC2::TransitGatewayMulticastDomainAssociation")
    assert len(associations) == len(lab.vpc.subnets)


def test_router_forwards_for_others(templates: dict[str, Template]) -> None:
    (interface,) = of_type(templates, "AWS::EC2::NetworkInterface")
    assert interface["SourceDestCheck"] is False


def test_every_host_demands_session_tokens_and_the_router_as_its_image_says(
    lab: Lab, templates: dict[str, Template]
) -> None:
    instances = of_type(templates, "AWS::EC2::Instance")
    assert len(instances) == 1 + len(lab.host_names)
    demanded = [instance["MetadataOptions"]["HttpTokens"] for instance in instances]
    assert demanded.count("required") == len(lab.host_names)
    # The router's image may not speak them: a parameter holds what it says.
    assert demanded.count({"Ref": ROUTER_TOKENS}) == 1


def test_vpn_is_ikev2_with_bgp_and_the_documents_inside_cidrs(lab: Lab, templates: dict[str, Template]) -> None:
    (connection,) = of_type(templates, "AWS::EC2::VPNConnection")
    tunnels = connection["VpnTunnelOptionsSpecifications"]
    assert connection["StaticRoutesOnly"] is False
    assert [tunnel["TunnelInsideCidr"] for tunnel in tunnels] == [str(cidr) for cidr in lab.sites[0].tunnels]
    assert all(tunnel["IKEVersions"] == [{"Value": "ikev2"}] for tunnel in tunnels)
    assert all("PreSharedKey" not in tunnel for tunnel in tunnels)


def test_routes_lead_to_the_far_site_and_to_the_loopback(templates: dict[str, Template]) -> None:
    routes = of_type(templates, "AWS::EC2::Route")
    targets = {
        route["DestinationCidrBlock"]: "gateway" if "TransitGatewayId" in route else "interface" for route in routes
    }
    assert targets == {"192.168.50.0/24": "gateway", "10.254.0.10/32": "gateway", "10.255.0.0/28": "interface"}


ALLOWED_IN = {
    ("2", "0.0.0.0/32", None),
    ("47", "10.254.0.10/32", None),
    ("103", "10.254.0.10/32", None),
    ("icmp", "10.254.0.10/32", -1),
    ("icmp", "10.10.0.0/16", -1),
    ("tcp", "10.10.1.0/24", 22),
    ("udp", "10.10.1.0/24", 5004),
    ("udp", "192.168.50.0/24", 5004),
}


def test_no_rule_from_an_address_is_wider_than_the_design_needs(templates: dict[str, Template]) -> None:
    rules = {
        (rule["IpProtocol"], rule["CidrIp"], rule.get("FromPort"))
        for group in of_type(templates, "AWS::EC2::SecurityGroup")
        for rule in group.get("SecurityGroupIngress", [])
    }
    assert rules == ALLOWED_IN


ALLOWED_OUT = {
    ("2", "224.0.0.2/32", None),
    ("2", "239.1.1.1/32", None),
    ("2", "239.9.0.0/16", None),
    ("47", "10.254.0.10/32", None),
    ("103", "10.254.0.10/32", None),
    ("icmp", "10.254.0.10/32", -1),
    ("tcp", "10.10.1.0/24", 22),
    ("udp", "239.1.1.1/32", 5004),
    ("udp", "239.9.0.0/16", 5004),
}


def test_no_rule_to_an_address_is_wider_than_the_design_needs(templates: dict[str, Template]) -> None:
    rules = {
        (rule["IpProtocol"], rule["CidrIp"], rule.get("FromPort"))
        for group in of_type(templates, "AWS::EC2::SecurityGroup")
        for rule in group.get("SecurityGroupEgress", [])
        # What the CDK writes where a group may send nothing matches nothing.
        if rule["CidrIp"] != "255.255.255.255/32"
    }
    assert rules == ALLOWED_OUT


def test_rules_between_groups_are_for_ssh_and_https_alone(templates: dict[str, Template]) -> None:
    for kind in ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"):
        ports = sorted((rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in of_type(templates, kind))
        assert ports == [("tcp", 22, 22), ("tcp", 443, 443)], kind


def test_nothing_may_leave_to_everywhere(templates: dict[str, Template]) -> None:
    for template in templates.values():
        by_reference = [
            resource["Properties"]
            for resource in template["Resources"].values()
            if resource["Type"] == "AWS::EC2::SecurityGroupEgress"
        ]
        # A rule of its own replaces the default rule that lets all out; a group without either would keep it.
        with_own_rule = {json.dumps(rule["GroupId"]) for rule in by_reference}
        assert all("DestinationSecurityGroupId" in rule for rule in by_reference)
        for name, resource in template["Resources"].items():
            if resource["Type"] != "AWS::EC2::SecurityGroup":
                continue
            inline = resource["Properties"].get("SecurityGroupEgress", [])
            assert inline or json.dumps({"Fn::GetAtt": [name, "GroupId"]}) in with_own_rule, name
            assert all(rule["CidrIp"] not in {"0.0.0.0/0", "::/0"} for rule in inline), name


def test_every_output_is_published_once(templates: dict[str, Template]) -> None:
    published = [key for template in templates.values() for key in template.get("Outputs", {})]
    ours = [key for key in published if not key.startswith("Export")]
    assert sorted(ours) == sorted(key.value for key in OutputKey)


def test_synthesis_looks_nothing_up(assembly: Path) -> None:
    manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
    assert manifest.get("missing", []) == []


def test_second_synthesis_is_the_same_to_the_byte(lab: Lab, assembly: Path, tmp_path: Path) -> None:
    again = synthesise(lab, tmp_path / "again")
    for name in stack_names(lab):
        file = f"{name}.template.json"
        assert (again / file).read_bytes() == (assembly / file).read_bytes()


def test_cfn_lint_finds_nothing(assembly: Path) -> None:
    program = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([program, *assembly.glob("*.template.json")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("word", ["PreSharedKey", "PRIVATE KEY", "password"])
def test_templates_hold_no_secret(assembly: Path, word: str) -> None:
    for path in assembly.glob("*.template.json"):
        assert word not in path.read_text(encoding="utf-8")

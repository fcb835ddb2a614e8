"""What a change of a field does to a lab that stands, derived again from templates and AWS's schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from documents import changed, document
from twin.awsregion.fast_deployer import synthesised

from awsregion.cfn.schemas import schema
from mcastlab.aws.deployment_plan import plan_of
from mcastlab.aws.images import LabImages
from mcastlab.aws.template_changes import CREATE_ONLY
from mcastlab.lab.design.change_effects import CHANGE_EFFECTS, ChangeEffect, effect_of
from mcastlab.lab.design.kept_resources import NOTHING_KEPT
from mcastlab.lab.design.names import ROUTER_TAG
from mcastlab.lab.document import parse

if TYPE_CHECKING:
    from mcastlab.aws.deployment_plan import DeploymentPlan
    from mcastlab.lab.model import Lab

pytestmark = pytest.mark.process

BASE = changed(
    document(),
    {
        "vpc": {
            "cidr": "10.10.0.0/16",
            "subnets": [
                {"name": "one", "cidr": "10.10.1.0/24", "zone": "a"},
                {"name": "two", "cidr": "10.10.2.0/24", "zone": "a"},
            ],
        },
        "groups": [{"name": "page", "address": "239.1.1.1", "senders": ["berlin"]}],
        "router": {"public_key": "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 a@example.org"},
    },
)
FIELDS: dict[str, tuple[str, Any]] = {
    "amazon_asn": ("amazon_asn", 64600),
    "vpc.cidr": ("vpc.cidr", "10.0.0.0/8"),
    "vpc.subnets[].cidr": ("vpc.subnets.0.cidr", "10.10.9.0/24"),
    "vpc.subnets[].zone": ("vpc.subnets.0.zone", "b"),
    "router.instance_type": ("router.instance_type", "c5n.xlarge"),
    "router.image": ("router.image", "ami-00000000000000001"),
    "router.subnet": ("router.subnet", "two"),
    "router.public_key": ("router.public_key", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC8 b@example.org"),
    "router.loopback": ("router.loopback", "10.254.0.10"),
    "router.licence": ("router.licence", "network-premier"),
    "router.throughput_mbps": ("router.throughput_mbps", 500),
    "hosts[].image": ("hosts.0.image", "ami-00000000000000001"),
    "hosts[].setup": ("hosts.0.setup", "setup.sh"),
    "hosts[].subnet": ("hosts.0.subnet", "two"),
    "hosts[].instance_type": ("hosts.0.instance_type", "m5n.xlarge"),
    "router.metadata_tokens": ("router.metadata_tokens", "required"),
    "groups[].bridge": ("groups.0.bridge", "static"),
    "groups[].port": ("groups.0.port", 6000),
    "sites[].router.asn": ("sites.0.router.asn", 65111),
    "tags": ("tags", {"owner": "somebody"}),
}
ELSEWHERE = {"name", "region", "router.platform"}
"""Fields that make another lab by their meaning, or, as the platform, only with an image besides."""


def images_of(lab: Lab) -> dict[str, str]:
    hosts = {name: each.image or "ami-host" for each in lab.hosts for name in each.names}
    return {ROUTER_TAG: lab.router.image or "ami-router", **hosts}


def effect(plan: DeploymentPlan) -> ChangeEffect:
    if plan.refused:
        text = " ".join(plan.refused)
        if "first boot" in text:
            return ChangeEffect.FIRST_BOOT
        return ChangeEffect.OTHER_SUBNET if "vpc.subnets" in text else ChangeEffect.OTHER_LAB
    if plan.router:
        return ChangeEffect.REPLACES_ROUTER
    if plan.hosts:
        return ChangeEffect.REPLACES_HOSTS
    if plan.restarted:
        router = plan.restarted == (ROUTER_TAG,)
        return ChangeEffect.RESTARTS_ROUTER if router else ChangeEffect.RESTARTS_HOSTS
    return ChangeEffect.IN_PLACE


@pytest.fixture(scope="module")
def base() -> tuple[Lab, dict[str, dict[str, Any]]]:
    lab = parse(BASE, "base")
    return lab, synthesised(lab, NOTHING_KEPT)


@pytest.mark.series(gate=6)
@pytest.mark.parametrize("field", FIELDS)
def test_a_change_of_a_field_does_what_the_table_says(field: str, base: tuple[Lab, dict[str, dict[str, Any]]]) -> None:
    lab, deployed = base
    path, value = FIELDS[field]
    other = parse(changed(BASE, {path: value}), "other")
    images = LabImages(deployed=images_of(lab), wanted=images_of(other), parameters={})
    assert effect(plan_of(other, deployed, synthesised(other, NOTHING_KEPT), images)) is effect_of(field)


def test_every_row_of_the_table_is_derived() -> None:
    assert CHANGE_EFFECTS.keys() - ELSEWHERE == FIELDS.keys() & CHANGE_EFFECTS.keys()
    assert not ELSEWHERE & FIELDS.keys()


@pytest.mark.parametrize("resource_type", sorted(CREATE_ONLY))
def test_create_only_properties_are_those_of_the_schemas(
    resource_type: str, templates: dict[str, dict[str, Any]]
) -> None:
    known = schema(resource_type)
    assert known is not None
    assert CREATE_ONLY[resource_type] <= {*known.create_only}
    used = {
        name
        for template in templates.values()
        for each in template["Resources"].values()
        if each["Type"] == resource_type
        for name in each["Properties"]
    }
    assert used & {*known.create_only} <= CREATE_ONLY[resource_type]

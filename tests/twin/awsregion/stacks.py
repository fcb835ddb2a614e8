"""Stacks by boto3, and what a region holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import WaiterError

if TYPE_CHECKING:
    from collections.abc import Callable

POLL = {"Delay": 0.02, "MaxAttempts": 1000}


class StackFailedError(Exception):
    """A stack did not come to what was asked; the argument is why."""


class Stack:
    """A stack, by boto3."""

    def __init__(self, client: Callable[[str], Any], name: str) -> None:
        self.cfn = client("cloudformation")
        self.name = name

    def create(self, template: dict[str, Any]) -> None:
        self.cfn.create_stack(StackName=self.name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
        self.wait("stack_create_complete")

    def update(self, template: dict[str, Any]) -> None:
        self.cfn.update_stack(StackName=self.name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
        self.wait("stack_update_complete")

    def delete(self) -> None:
        self.cfn.delete_stack(StackName=self.name)
        self.wait("stack_delete_complete")

    def wait(self, what: str) -> None:
        try:
            self.cfn.get_waiter(what).wait(StackName=self.name, WaiterConfig=POLL)
        except WaiterError as error:
            raise StackFailedError(self.failures()) from error

    def status(self) -> str:
        (stack,) = self.cfn.describe_stacks(StackName=self.name)["Stacks"]
        status: str = stack["StackStatus"]
        return status

    def ids(self) -> dict[str, str]:
        listed = self.cfn.list_stack_resources(StackName=self.name)["StackResourceSummaries"]
        return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed}

    def outputs(self) -> dict[str, str]:
        (stack,) = self.cfn.describe_stacks(StackName=self.name)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def events(self) -> list[tuple[str, str, str]]:
        """Return the events of the last operation, oldest first: logical id, status, physical id."""
        found = self.cfn.describe_stack_events(StackName=self.name)["StackEvents"][::-1]
        all_of_it = [
            (one["LogicalResourceId"], one["ResourceStatus"], one.get("PhysicalResourceId", "")) for one in found
        ]
        begun = max(
            number
            for number, (name, status, _) in enumerate(all_of_it)
            if name == self.name and status in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"}
        )
        return all_of_it[begun:]

    def failures(self) -> list[str]:
        events = self.cfn.describe_stack_events(StackName=self.name)["StackEvents"]
        return [one.get("ResourceStatusReason", "") for one in events if one["ResourceStatus"].endswith("_FAILED")]


DESCRIBED = (
    ("vpcs", "Vpcs"), ("subnets", "Subnets"), ("route_tables", "RouteTables"), ("security_groups", "SecurityGroups"),
    ("security_group_rules", "SecurityGroupRules"), ("network_interfaces", "NetworkInterfaces"),
    ("key_pairs", "KeyPairs"), ("volumes", "Volumes"),
    ("instance_connect_endpoints", "InstanceConnectEndpoints"), ("vpc_endpoints", "VpcEndpoints"),
    ("transit_gateways", "TransitGateways"),
    ("transit_gateway_attachments", "TransitGatewayAttachments"),
    ("transit_gateway_route_tables", "TransitGatewayRouteTables"),
    ("transit_gateway_multicast_domains", "TransitGatewayMulticastDomains"), ("customer_gateways", "CustomerGateways"),
    ("vpn_connections", "VpnConnections"),
)  # fmt: skip


def left_over(client: Callable[[str], Any]) -> dict[str, int]:
    """Count what the services hold, without what is shown as deleted."""
    ec2 = client("ec2")
    counts = {
        name: len([one for one in getattr(ec2, f"describe_{name}")()[member] if one.get("State") != "deleted"])
        for name, member in DESCRIBED
    }
    reservations = ec2.describe_instances()["Reservations"]
    states = [one["State"]["Name"] for reservation in reservations for one in reservation["Instances"]]
    counts["instances"] = len([state for state in states if state != "terminated"])
    counts["roles"] = len(client("iam").list_roles()["Roles"])
    counts["profiles"] = len(client("iam").list_instance_profiles()["InstanceProfiles"])
    counts["parameters"] = len(client("ssm").describe_parameters()["Parameters"])
    counts["secrets"] = len(client("secretsmanager").list_secrets()["SecretList"])
    counts["buckets"] = len(client("s3").list_buckets()["Buckets"])
    return counts

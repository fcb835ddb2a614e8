"""The EC2 hosts that run virtual devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from mcastlab.lab.images import HOST_IMAGE_PARAMETER
from mcastlab.lab.naming import OutputKey
from mcastlab.render.day0 import host_user_data
from stacks.base import LabStack, publish
from stacks.constructs.security import allow_data, allow_membership

if TYPE_CHECKING:
    from constructs import Construct

    from mcastlab.lab.model import Lab
    from stacks.network import NetworkStack

SSM_SERVICES = ("ssm", "ssmmessages", "ec2messages")
"""What the SSM agent talks to. Source: AWS Systems Manager user guide, VPC endpoints."""


class HostsStack(LabStack):
    """Nitro hosts in the member subnets, run through SSM; no way in by network."""

    def __init__(self, scope: Construct, id_: str, *, lab: Lab, network: NetworkStack) -> None:
        super().__init__(scope, id_, lab=lab, description=f"mcastlab {lab.name}: virtual-device hosts")
        group = self._security_group(lab, network)
        self._ssm_endpoints(lab, network, group)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("AmazonSSMManagedInstanceCore")],
        )
        profile = iam.CfnInstanceProfile(self, "InstanceProfile", roles=[role.role_name])
        image = ec2.MachineImage.from_ssm_parameter(HOST_IMAGE_PARAMETER).get_image(self).image_id
        instance_ids: list[str] = []
        for hosts in lab.hosts:
            for name in hosts.names:
                instance = ec2.CfnInstance(
                    self,
                    f"Host-{name}",
                    image_id=image,
                    instance_type=hosts.instance_type,
                    subnet_id=network.subnets[hosts.subnet].subnet_id,
                    security_group_ids=[group.security_group_id],
                    iam_instance_profile=profile.ref,
                    metadata_options=ec2.CfnInstance.MetadataOptionsProperty(http_tokens="required"),
                    user_data=cdk.Fn.base64(host_user_data()),
                )
                cdk.Tags.of(instance).add("Name", name)
                instance_ids.append(instance.ref)
        self.add_stack_dependency(network)
        publish(self, OutputKey.HOST_INSTANCES, cdk.Fn.join(",", instance_ids))

    def _security_group(self, lab: Lab, network: NetworkStack) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "Group",
            vpc=network.vpc,
            description="Virtual-device hosts: datagrams of the groups, and IGMP",
            allow_all_outbound=False,
        )
        allow_membership(group, lab.groups)
        # Datagrams of far senders keep their source address on the way into the VPC.
        allow_data(group, lab.groups, (*(subnet.cidr for subnet in lab.vpc.subnets), *(site.lan for site in lab.sites)))
        return group

    def _ssm_endpoints(self, lab: Lab, network: NetworkStack, hosts: ec2.SecurityGroup) -> None:
        endpoints = ec2.SecurityGroup(
            self,
            "SsmEndpointGroup",
            vpc=network.vpc,
            description="SSM endpoints: HTTPS from the hosts only",
            allow_all_outbound=False,
        )
        endpoints.add_ingress_rule(hosts, ec2.Port.HTTPS, "HTTPS from the hosts")
        hosts.add_egress_rule(endpoints, ec2.Port.HTTPS, "HTTPS to the SSM endpoints")
        # An endpoint takes one subnet a zone.
        subnets = {subnet.zone: network.subnets[subnet.name].subnet_id for subnet in reversed(lab.vpc.subnets)}
        for service in SSM_SERVICES:
            ec2.CfnVPCEndpoint(
                self,
                f"Endpoint-{service}",
                vpc_id=network.vpc.vpc_id,
                service_name=f"com.amazonaws.{lab.region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=[subnets[zone] for zone in sorted(subnets)],
                security_group_ids=[endpoints.security_group_id],
            )

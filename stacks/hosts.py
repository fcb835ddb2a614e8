"""The EC2 hosts that run virtual devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from mcastlab.lab.design.allowed_flow import FlowInterface
from mcastlab.lab.design.flows import host_flows
from mcastlab.lab.design.names import OutputKey, ssm_services
from mcastlab.lab.images import HOST_IMAGE_DATED, HOST_IMAGE_PIN
from mcastlab.render.day0 import host_user_data

from .base import LabStack, publish
from .constructs.instance import LabInstance, image_id, staying_image
from .constructs.security import allow_management, security_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from mcastlab.lab.model import Lab

    from .network import NetworkStack

SSM_CORE: Final = "AmazonSSMManagedInstanceCore"


class HostsStack(LabStack):
    """Nitro hosts in the member subnets, run through SSM; SSH comes from the connect endpoint alone."""

    def __init__(
        self, scope: Construct, id_: str, *, lab: Lab, network: NetworkStack, images: Mapping[str, str]
    ) -> None:
        super().__init__(scope, id_, lab=lab, description=f"mcastlab {lab.name}: virtual-device hosts")
        self.add_stack_dependency(network)
        group = security_group(
            self,
            "Group",
            vpc=network.vpc,
            description="Virtual-device hosts: datagrams of the groups, and IGMP",
            flows=host_flows(lab),
        )
        self._ssm_endpoints(lab, network, group)
        profile = self._instance_profile()
        named = {image: image_id(self, image) for image in dict.fromkeys(each.image for each in lab.hosts) if image}
        staying = (
            staying_image(self, HOST_IMAGE_PIN, HOST_IMAGE_DATED, images.get(HOST_IMAGE_PIN, ""))
            if any(each.image is None for each in lab.hosts)
            else ""
        )
        instances = [
            LabInstance(
                self,
                f"Host-{name}",
                name=name,
                image_id=staying if hosts.image is None else named[hosts.image],
                instance_type=hosts.instance_type,
                subnet_id=network.subnets[hosts.subnet].subnet_id,
                security_group_ids=[group.security_group_id],
                instance_profile=profile.ref,
                user_data=host_user_data(),
            )
            for hosts in lab.hosts
            for name in hosts.names
        ]
        publish(self, OutputKey.HOST_INSTANCES, cdk.Fn.join(",", [instance.instance_id for instance in instances]))

    def _instance_profile(self) -> iam.CfnInstanceProfile:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(SSM_CORE)],
        )
        cdk.Validations.of(role).acknowledge(
            cdk.Acknowledgment(
                id=f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{SSM_CORE}]",
                reason="AWS keeps this policy at what its SSM agent needs and nothing else; a copy of ours would age.",
            )
        )
        return iam.CfnInstanceProfile(self, "InstanceProfile", roles=[role.role_name])

    def _ssm_endpoints(self, lab: Lab, network: NetworkStack, hosts: ec2.SecurityGroup) -> None:
        endpoints = security_group(
            self, "SsmEndpointGroup", vpc=network.vpc, description="SSM endpoints: HTTPS from the hosts only"
        )
        allow_management({FlowInterface.HOSTS: hosts, FlowInterface.SSM_ENDPOINTS: endpoints})
        for service in ssm_services(lab.region):
            ec2.CfnVPCEndpoint(
                self,
                f"Endpoint-{service}",
                vpc_id=network.vpc.vpc_id,
                service_name=f"com.amazonaws.{lab.region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=network.one_subnet_a_zone,
                security_group_ids=[endpoints.security_group_id],
            )

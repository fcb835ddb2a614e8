"""The IOS-XE router in the VPC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from mcastlab.lab.images import ROUTER_IMAGE_PARAMETER
from mcastlab.lab.naming import OutputKey
from mcastlab.render.day0 import router_user_data
from stacks.base import LabStack, publish
from stacks.constructs.security import GRE, PIM, allow_data, allow_membership, peer

if TYPE_CHECKING:
    from constructs import Construct

    from mcastlab.lab.model import Lab
    from stacks.network import NetworkStack


class RouterStack(LabStack):
    """The router with its network interface, its login key, the way in, and the routes to its loopback."""

    def __init__(self, scope: Construct, id_: str, *, lab: Lab, network: NetworkStack) -> None:
        super().__init__(scope, id_, lab=lab, description=f"mcastlab {lab.name}: AWS router")
        subnet = network.subnets[lab.router.subnet]
        door = ec2.SecurityGroup(
            self,
            "ConnectEndpointGroup",
            vpc=network.vpc,
            description="EC2 Instance Connect Endpoint: SSH to the router only",
            allow_all_outbound=False,
        )
        group = self._security_group(lab, network)
        group.add_ingress_rule(door, ec2.Port.SSH, "SSH from the connect endpoint")
        door.add_egress_rule(group, ec2.Port.SSH, "SSH to the router")
        ec2.CfnInstanceConnectEndpoint(
            self,
            "ConnectEndpoint",
            subnet_id=subnet.subnet_id,
            security_group_ids=[door.security_group_id],
            preserve_client_ip=False,
        )
        key = ec2.KeyPair(self, "Key", type=ec2.KeyPairType.RSA)
        interface = ec2.CfnNetworkInterface(
            self,
            "GigabitEthernet1",
            subnet_id=subnet.subnet_id,
            group_set=[group.security_group_id],
            # The router forwards packets of others and answers for its loopback.
            source_dest_check=False,
        )
        instance = ec2.CfnInstance(
            self,
            "Router",
            image_id=ec2.MachineImage.from_ssm_parameter(ROUTER_IMAGE_PARAMETER[lab.router.platform])
            .get_image(self)
            .image_id,
            instance_type=lab.router.instance_type,
            key_name=key.key_pair_name,
            network_interfaces=[
                ec2.CfnInstance.NetworkInterfaceProperty(device_index="0", network_interface_id=interface.ref)
            ],
            metadata_options=ec2.CfnInstance.MetadataOptionsProperty(http_tokens="required"),
            user_data=cdk.Fn.base64(router_user_data(lab)),
        )
        cdk.Tags.of(instance).add("Name", "router")
        for name, member in network.subnets.items():
            ec2.CfnRoute(
                self,
                f"LoopbackFrom-{name}",
                route_table_id=member.route_table.route_table_id,
                destination_cidr_block=network.loopback_block.block,
                network_interface_id=interface.ref,
            )
        self.add_stack_dependency(network)
        publish(self, OutputKey.ROUTER_INSTANCE, instance.ref)
        publish(self, OutputKey.ROUTER_KEY_PAIR, key.key_pair_id)

    def _security_group(self, lab: Lab, network: NetworkStack) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "Group",
            vpc=network.vpc,
            description="AWS router: GRE and PIM with the far routers, multicast with the VPC",
            allow_all_outbound=False,
        )
        allow_membership(group, lab.groups)
        allow_data(group, lab.groups, (subnet.cidr for subnet in lab.vpc.subnets))
        group.add_ingress_rule(peer(lab.vpc.cidr), ec2.Port.all_icmp(), "ICMP from the VPC")
        for site in lab.sites:
            far = peer(site.router.loopback)
            for port, words in ((GRE, "GRE"), (PIM, "PIM registers"), (ec2.Port.all_icmp(), "ICMP")):
                group.add_ingress_rule(far, port, f"{words} from {site.name}")
                group.add_egress_rule(far, port, f"{words} to {site.name}")
        return group

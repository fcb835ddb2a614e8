"""The IOS-XE router in the VPC."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_ec2 as ec2

from mcastlab.lab.design.allowed_flow import FlowInterface
from mcastlab.lab.design.flows import endpoint_flows, router_flows, sender_flows
from mcastlab.lab.design.names import AWS_INTERFACE, ROUTER_TAG, OutputKey
from mcastlab.lab.design.roles import bridged_groups, groups_sent_from
from mcastlab.lab.design.routers import sender_interfaces
from mcastlab.lab.design.routes import loopback_route
from mcastlab.lab.images import ROUTER_IMAGE_DATED, ROUTER_IMAGE_PIN, ROUTER_TOKENS
from mcastlab.render.day0 import router_user_data

from .base import LabStack, publish
from .constructs.instance import LabInstance, image_id, metadata_tokens, staying_image
from .constructs.security import allow_management, security_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from mcastlab.lab.design.routers import VpcInterface
    from mcastlab.lab.model import AwsRouter, Lab

    from .network import NetworkStack


class RouterStack(LabStack):
    """The router with its network interfaces, its login key, the way in, and the routes to its loopback."""

    def __init__(
        self, scope: Construct, id_: str, *, lab: Lab, network: NetworkStack, images: Mapping[str, str]
    ) -> None:
        super().__init__(scope, id_, lab=lab, description=f"mcastlab {lab.name}: AWS router")
        self.add_stack_dependency(network)
        subnet = network.subnets[lab.router.subnet]
        group = security_group(
            self,
            "Group",
            vpc=network.vpc,
            description="AWS router: GRE and PIM with the remote routers, multicast with the VPC",
            flows=router_flows(lab),
        )
        self._connect_endpoint(lab, network, group, subnet.subnet_id)
        key = self._key(lab.router.public_key)
        interface = ec2.CfnNetworkInterface(
            self,
            AWS_INTERFACE,
            subnet_id=subnet.subnet_id,
            group_set=[group.security_group_id],
            # The router forwards packets of others and answers for its loopback.
            source_dest_check=False,
        )
        further = {each.subnet.name: self._beside_senders(lab, network, each) for each in sender_interfaces(lab)}
        router = LabInstance(
            self,
            "Router",
            name=ROUTER_TAG,
            image_id=self._image(lab.router, images),
            instance_type=lab.router.instance_type,
            key_name=key.key_pair_name,
            interface_ids=[interface.ref, *(each.ref for each in further.values())],
            user_data=router_user_data(
                lab, {name: each.attr_primary_private_ip_address for name, each in further.items()}
            ),
            metadata_tokens=lab.router.metadata_tokens or metadata_tokens(self, ROUTER_TOKENS),
        )
        to_loopback = loopback_route(lab)
        for name, member in network.subnets.items():
            ec2.CfnRoute(
                self,
                f"{to_loopback.part}From-{name}",
                route_table_id=member.route_table.route_table_id,
                destination_cidr_block=str(to_loopback.destination),
                network_interface_id=interface.ref,
            )
        for multicast in bridged_groups(lab, "static"):
            ec2.CfnTransitGatewayMulticastGroupMember(
                self,
                f"Member-{multicast.name}",
                transit_gateway_multicast_domain_id=network.domain.domain_id,
                group_ip_address=str(multicast.address),
                network_interface_id=interface.ref,
            )
        for name, beside in further.items():
            for multicast in groups_sent_from(lab, name):
                ec2.CfnTransitGatewayMulticastGroupMember(
                    self,
                    f"Member-{name}-{multicast.name}",
                    transit_gateway_multicast_domain_id=network.domain.domain_id,
                    group_ip_address=str(multicast.address),
                    network_interface_id=beside.ref,
                )
        publish(self, OutputKey.ROUTER_INSTANCE, router.instance_id)
        # A pair that the user made has no private half in AWS, and nobody is to look for it there.
        if lab.router.public_key is None:
            publish(self, OutputKey.ROUTER_KEY_PAIR, key.key_pair_id)

    def _image(self, router: AwsRouter, images: Mapping[str, str]) -> str:
        if router.image is not None:
            return image_id(self, router.image)
        return staying_image(
            self, ROUTER_IMAGE_PIN, ROUTER_IMAGE_DATED[router.platform], images.get(ROUTER_IMAGE_PIN, "")
        )

    def _beside_senders(self, lab: Lab, network: NetworkStack, interface: VpcInterface) -> ec2.CfnNetworkInterface:
        """The router's interface in another subnet than its own, with what its senders send and nothing else."""
        name = interface.subnet.name
        group = security_group(
            self,
            f"Group-{name}",
            vpc=network.vpc,
            description=f"AWS router in {name}: what senders there send to remote sites",
            flows=sender_flows(lab, name),
        )
        return ec2.CfnNetworkInterface(
            self,
            interface.name,
            subnet_id=network.subnets[name].subnet_id,
            group_set=[group.security_group_id],
            # It answers hosts there for the router's other addresses.
            source_dest_check=False,
        )

    def _key(self, public_key: str | None) -> ec2.KeyPair:
        """The user's own key, or a pair that AWS makes; RSA, as not every IOS-XE takes another."""
        if public_key is not None:
            return ec2.KeyPair(self, "Key", public_key_material=public_key)
        return ec2.KeyPair(self, "Key", type=ec2.KeyPairType.RSA)

    def _connect_endpoint(self, lab: Lab, network: NetworkStack, router: ec2.SecurityGroup, subnet_id: str) -> None:
        door = security_group(
            self,
            "ConnectEndpointGroup",
            vpc=network.vpc,
            # A group's description cannot change without a new group, and with it a new endpoint.
            description="EC2 Instance Connect Endpoint: SSH to the router only",
            flows=endpoint_flows(lab),
        )
        allow_management({FlowInterface.CONNECT_ENDPOINT: door, FlowInterface.AWS_ROUTER: router})
        ec2.CfnInstanceConnectEndpoint(
            self,
            "ConnectEndpoint",
            subnet_id=subnet_id,
            security_group_ids=[door.security_group_id],
            preserve_client_ip=False,
        )

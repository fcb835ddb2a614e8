"""A small lab in namespaces: AWS router and host behind a gateway, remote router and device, an internet between."""

from __future__ import annotations

import asyncio
import dataclasses
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

from iosxe.intent import (
    Bgp,
    BgpNeighbor,
    IkeProposal,
    Interface,
    IpsecTunnel,
    RendezvousPoint,
    RouterIntent,
    StaticMroute,
    StaticRoute,
    Tunnel,
)
from mcastlab_base.secret import Secret
from mcastlab_twin.routers.configured_interfaces import DhcpLease
from mcastlab_twin.routers.live import LiveBackend
from mcastlab_twin.sandbox.process import run
from mcastlab_twin.services.bird import Bird, BirdConfig, BirdNeighbor
from mcastlab_twin.services.charon import Charon, CharonTunnel

RUN = Path("/run/mcastlab")
GROUPS = (IPv4Address("239.1.1.1"), IPv4Address("239.1.1.2"))
RP = IPv4Address("10.255.0.10")
FAR_LOOPBACK = IPv4Address("10.254.0.10")
ENDPOINT = IPv4Address("198.51.100.10")
CUSTOMER = IPv4Address("203.0.113.2")
KEY = Secret("a-key-for-tests-only")
LAN = IPv4Network("192.168.50.0/24")
VPC = IPv4Network("10.10.0.0/16")

LINKS = """
set -e
for n in gw ep inet aws far host other dev; do
  ip netns add $n; ip -n $n link set lo up
  ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 \
    net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.ip_forward=1
done
ip -n gw link add br0 type bridge mcast_snooping 1 mcast_igmp_version 2 mcast_query_response_interval 20
ip -n gw link set br0 type bridge mcast_querier 1
ip -n gw addr add 10.10.1.1/24 dev br0; ip -n gw link set br0 up
ip netns exec gw nft 'add table bridge domain'
ip netns exec gw nft 'add chain bridge domain ports { type filter hook prerouting priority -300; }'
ip netns exec gw nft 'add rule bridge domain ports ip protocol igmp @th,0,8 0x11 drop'
ip netns exec gw sysctl -qw net.bridge.bridge-nf-call-iptables=0
port() {
  ip link add $2 netns $1 type veth peer name p$1 netns gw
  ip -n gw link set p$1 master br0 up; ip -n gw link set dev p$1 type bridge_slave mcast_flood off mcast_router 0
}
member() {
  ip -n $1 addr add $2 dev eth0; ip -n $1 link set eth0 up; ip -n $1 route add default via $3
  ip netns exec $1 sysctl -qw net.ipv4.conf.all.force_igmp_version=2
}
port aws Gi1
port host eth0; member host 10.10.1.21/24 10.10.1.1
port other eth0; member other 10.10.1.22/24 10.10.1.1
ip -n other addr add 10.10.2.22/24 dev eth0
ip -n gw route add 10.255.0.10/32 via 10.10.1.10
ip link add out netns ep type veth peer name e0 netns inet
ip -n ep addr add 198.51.100.10/30 dev out; ip -n ep link set out up; ip -n ep route add default via 198.51.100.9
ip -n inet addr add 198.51.100.9/30 dev e0; ip -n inet link set e0 up
ip link add Gi1 netns far type veth peer name f0 netns inet
ip -n inet addr add 203.0.113.1/30 dev f0; ip -n inet link set f0 up
ip link add Gi3 netns far type veth peer name eth0 netns dev
member dev 192.168.50.20/24 192.168.50.1
"""

AWS = RouterIntent(
    hostname="aws",
    multicast_routing=True,
    interfaces=(
        Interface(name="GigabitEthernet1", address="dhcp", pim_sparse=True, igmp_join_groups=GROUPS),
        Interface(name="Loopback0", address=IPv4Interface(f"{RP}/32"), pim_sparse=True),
        Interface(
            name="Tunnel200",
            address=IPv4Interface("172.16.200.1/30"),
            ip_mtu=1380,
            tcp_adjust_mss=1340,
            pim_sparse=True,
            tunnel=Tunnel(mode="gre", source="Loopback0", destination=FAR_LOOPBACK),
        ),
    ),
    mroutes=(
        StaticMroute(prefix=LAN, rpf="Tunnel200"),
        StaticMroute(prefix=IPv4Network(FAR_LOOPBACK), rpf="Tunnel200"),
    ),
    rendezvous_points=(RendezvousPoint(address=RP, groups=(IPv4Network("224.0.0.0/4"),)),),
)

FAR = RouterIntent(
    hostname="far",
    multicast_routing=True,
    interfaces=(
        Interface(name="GigabitEthernet1", address=IPv4Interface(f"{CUSTOMER}/30")),
        Interface(name="GigabitEthernet3", address=IPv4Interface("192.168.50.1/24"), pim_sparse=True),
        Interface(name="Loopback0", address=IPv4Interface(f"{FAR_LOOPBACK}/32"), pim_sparse=True),
        Interface(
            name="Tunnel101",
            address=IPv4Interface("169.254.10.2/30"),
            tcp_adjust_mss=1360,
            tunnel=Tunnel(mode="ipsec", source="GigabitEthernet1", destination=ENDPOINT),
        ),
        Interface(
            name="Tunnel200",
            address=IPv4Interface("172.16.200.2/30"),
            ip_mtu=1380,
            tcp_adjust_mss=1340,
            pim_sparse=True,
            tunnel=Tunnel(mode="gre", source="Loopback0", destination=RP),
        ),
    ),
    routes=(StaticRoute(prefix=IPv4Network("0.0.0.0/0"), next_hop=IPv4Address("203.0.113.1")),),
    mroutes=(
        StaticMroute(prefix=VPC, rpf="Tunnel200"),
        StaticMroute(prefix=IPv4Network(RP), rpf="Tunnel200"),
    ),
    rendezvous_points=(RendezvousPoint(address=RP, groups=(IPv4Network("224.0.0.0/4"),)),),
    bgp=Bgp(
        asn=65001,
        neighbors=(BgpNeighbor(address=IPv4Address("169.254.10.1"), remote_as=64512, keepalive_s=10, hold_s=30),),
        networks=(IPv4Network(FAR_LOOPBACK), LAN, IPv4Network("192.168.99.0/24")),
    ),
    ipsec_tunnels=(
        IpsecTunnel(
            interface="Tunnel101",
            pre_shared_key=KEY,
            ike_proposals=(IkeProposal(encryption=("aes-cbc-256",), integrity=("sha256",), groups=(14,)),),
            ike_lifetime_s=28800,
            esp_encryption="esp-aes 256",
            esp_integrity="esp-sha256-hmac",
            pfs_group=14,
            esp_lifetime_s=3600,
            replay_window=1024,
            dpd_interval_s=10,
            dpd_retry_s=3,
        ),
    ),
)


def changed(intent: RouterIntent, name: str, **fields: object) -> RouterIntent:
    """Return the intent with fields of one interface changed."""
    interfaces = tuple(
        dataclasses.replace(each, **fields) if each.name == name else each  # type: ignore[arg-type]  # fields by name
        for each in intent.interfaces
    )
    return dataclasses.replace(intent, interfaces=interfaces)


def without_mroute(intent: RouterIntent, prefix: IPv4Network) -> RouterIntent:
    """Return the intent without the mroute of a prefix."""
    return dataclasses.replace(intent, mroutes=tuple(each for each in intent.mroutes if each.prefix != prefix))


class TwoRouterLab:
    """The fabric, started, and both routers, blank."""

    def __init__(self) -> None:
        self.aws = LiveBackend(
            netns="aws",
            interfaces={"GigabitEthernet1": "Gi1"},
            dhcp={
                "GigabitEthernet1": DhcpLease(address=IPv4Interface("10.10.1.10/24"), gateway=IPv4Address("10.10.1.1"))
            },
            run_dir=RUN / "aws",
        )
        self.far = LiveBackend(
            netns="far", interfaces={"GigabitEthernet1": "Gi1", "GigabitEthernet3": "Gi3"}, run_dir=RUN / "far"
        )
        self.endpoint = Charon(
            CharonTunnel(
                name="aws-1",
                netns="ep",
                local=ENDPOINT,
                remote=CUSTOMER,
                pre_shared_key=KEY,
                initiate=False,
                device="vpn1",
                device_netns="gw",
                device_address=IPv4Interface("169.254.10.1/30"),
                esp_proposals=("aes256-sha256-modp2048",),
            ),
            RUN / "ep",
        )
        self.gateway = Bird("gw", RUN / "gw")

    async def start(self) -> None:
        """Build the links, the VPN endpoint and the gateway's BGP."""
        await run("bash", "-c", LINKS)
        config = BirdConfig(
            router_id=IPv4Address("169.254.10.1"),
            asn=64512,
            kernel_table=254,
            neighbors=(
                BirdNeighbor(local=IPv4Address("169.254.10.1"), remote=IPv4Address("169.254.10.2"), remote_as=65001),
            ),
            originated=(VPC, IPv4Network(RP)),
        )
        await asyncio.gather(self.endpoint.start(), self.gateway.apply(config))

    async def stop(self) -> None:
        """End everything."""
        await asyncio.gather(self.aws.close(), self.far.close(), self.endpoint.stop(), self.gateway.stop())

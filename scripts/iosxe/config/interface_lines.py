"""Lines of interfaces that are kept without effect here.

Source: Cisco IOS-XE 17 command references: Interface, IP Addressing, IP Multicast, QoS.
"""

from __future__ import annotations

from typing import Final

from iosxe.config import igp
from iosxe.config.node import Row

VRF: Final = "vrf forwarding"
TABLE: Final = (
    Row(pattern="vrf forwarding / <vrf:word>", slot=VRF),
    Row(pattern="ip vrf forwarding / <vrf:word>", slot=VRF),
)
"""An interface in a VRF is shown with its address, and is no part of the global table."""
OTHER_ADDRESSES: Final = (
    Row(pattern="ip address <address!:ip> <mask:ip> secondary", slot="ip address secondary"),
    Row(pattern="ip address negotiated", slot="ip address"),
    Row(
        pattern="ip unnumbered / <interface:interface>",
        slot="ip address",
        text=lambda args: f"ip unnumbered {args['interface']}",
    ),
)
BEFORE_ADDRESS: Final = (
    Row(pattern="mtu / <bytes:64-9216>", default="mtu 1500"),
    Row(pattern="delay / <tens:1-16777215>"),
)
AFTER_ADDRESS: Final = (
    Row(
        pattern="ip access-group <acl:word> {direction!:in|out}",
        unset="ip access-group [<acl:word>] {direction!:in|out}",
    ),
    Row(pattern="ip helper-address <address!:ip>"),
    Row(pattern="ip directed-broadcast"),
    Row(pattern="ip unreachables", on=True),
    Row(pattern="ip proxy-arp", on=True),
    Row(pattern="ip verify unicast source reachable-via / {how:rx|any}"),
    Row(pattern="ip nat / {side:inside|outside}"),
    Row(pattern="ip policy route-map / <name:word>"),
)
MULTICAST: Final = (
    Row(pattern="ip pim passive"),
    Row(pattern="ip pim bsr-border"),
    Row(pattern="ip pim nbma-mode"),
    Row(pattern="ip pim neighbor-filter / <acl:word>"),
    Row(pattern="ip pim dr-priority / <priority:0-4294967294>", default="ip pim dr-priority 1"),
    Row(pattern="ip pim query-interval / <seconds:1-65535>", default="ip pim query-interval 30"),
    Row(pattern="ip multicast boundary / <acl:word>"),
    Row(pattern="ip multicast ttl-threshold / <ttl:0-255>", default="ip multicast ttl-threshold 0"),
    Row(pattern="ip igmp access-group / <acl:word>"),
    Row(pattern="ip igmp helper-address / <address:ip>"),
    Row(pattern="ip igmp limit / <states:1-64000>"),
    Row(pattern="ip igmp query-max-response-time / <seconds:1-25>", default="ip igmp query-max-response-time 10"),
    Row(pattern="ip igmp querier-timeout / <seconds:60-300>"),
    Row(pattern="ip igmp last-member-query-interval / <milliseconds:100-25500>"),
    Row(pattern="ip igmp explicit-tracking"),
    Row(pattern="ip igmp immediate-leave group-list / <acl:word>"),
)
TAIL: Final = (
    *igp.INTERFACE,
    Row(pattern="load-interval / <seconds:30-600>", default="load-interval 300"),
    Row(pattern="bfd interval / <milliseconds:50-9999> min_rx <receive:50-9999> multiplier <multiplier:3-50>"),
    Row(pattern="service-policy {direction!:input|output} <name:word>"),
)
ETHERNET: Final = (
    Row(pattern="standby version / {version:1|2}", default="standby version 1"),
    Row(pattern="standby <group!:0-4095> ip / <address:ip>", slot="standby ip"),
    Row(pattern="standby <group!:0-4095> priority / <priority:0-255>", slot="standby priority"),
    Row(pattern="standby <group!:0-4095> preempt", slot="standby preempt"),
    Row(pattern="arp timeout / <seconds:0-2147483>", default="arp timeout 14400"),
    Row(pattern="cdp enable"),
    Row(pattern="hold-queue <packets:0-240000> {direction!:in|out}"),
)
TUNNEL: Final = (
    Row(pattern="ip nhrp network-id / <number:1-4294967295>"),
    Row(pattern="tunnel key / <key:0-4294967295>"),
    Row(pattern="tunnel checksum"),
    Row(pattern="tunnel sequence-datagrams"),
    Row(pattern="tunnel ttl / <ttl:1-255>", default="tunnel ttl 255"),
    Row(pattern="tunnel tos / <tos:0-255>"),
    Row(pattern="tunnel bandwidth transmit / <kbps:0-10000000>"),
)
PART: Final = (
    Row(pattern="encapsulation dot1Q / <vlan:1-4094> [{native:native}]"),
    Row(pattern="encapsulation ppp"),
)
PORT: Final = (
    Row(pattern="keepalive / <period:1-32767>", default="keepalive 10", on=True),
    Row(pattern="negotiation auto"),
    Row(pattern="duplex / {how:auto|full|half}"),
    Row(pattern="speed / {rate:10|100|1000|2500|10000|auto}"),
    Row(pattern="media-type / {kind:rj45|sfp}"),
    Row(pattern="channel-group / <number:1-64> [mode {how:active|passive|on}]"),
    Row(pattern="dialer pool / <number:1-255>"),
    Row(pattern="dialer-group / <number:1-128>"),
    Row(pattern="pppoe enable / [group <group:word>]"),
    Row(pattern="pppoe-client dial-pool-number / <number:1-255>"),
    Row(pattern="mop enabled"),
    Row(pattern="mop sysid"),
)

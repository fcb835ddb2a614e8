"""OSPF and EIGRP, kept without effect here: no backend speaks them.

Source: Cisco IOS-XE 17 command references: IP Routing: OSPF, IP Routing: EIGRP.
"""

from __future__ import annotations

from typing import Final

from iosxe.config.node import Row

_PASSIVE: Final = (
    Row(pattern="passive-interface default"),
    Row(pattern="passive-interface <interface!:interface>", slot="passive-interface one"),
)
_REDISTRIBUTE: Final = "redistribute {source!:connected|static} / [metric <metric:0-16777214>] [{subnets:subnets}]"

SECTIONS: Final = (
    Row(pattern="router eigrp <asn!:1-65535>", enters="router-eigrp"),
    Row(pattern="router ospf <process!:1-65535>", enters="router-ospf"),
)
OSPF: Final = (
    Row(pattern="router-id / <address:ip>"),
    Row(pattern="auto-cost reference-bandwidth / <mbps:1-4294967>", default="auto-cost reference-bandwidth 100"),
    Row(pattern="log-adjacency-changes / [{detail:detail}]"),
    Row(pattern="area <area!:0-4294967295> {kind!:stub|nssa} / [no-summary]"),
    Row(pattern=_REDISTRIBUTE),
    *_PASSIVE,
    Row(pattern="network <address!:ip> <wildcard!:ip> area <area:0-4294967295>"),
    Row(pattern="default-information originate / [{always:always}]"),
    Row(pattern="maximum-paths / <paths:1-32>", default="maximum-paths 4"),
)
EIGRP: Final = (
    Row(pattern="network <address!:ip> [<wildcard!:ip>]"),
    *_PASSIVE,
    Row(pattern="eigrp router-id / <address:ip>"),
    Row(pattern="eigrp log-neighbor-changes", on=True),
    Row(pattern="auto-summary"),
    Row(pattern="redistribute {source!:connected|static}"),
)
INTERFACE: Final = (
    Row(pattern="ip ospf <process!:1-65535> area <area:0-4294967295>"),
    Row(pattern="ip ospf network / {kind:broadcast|non-broadcast|point-to-point|point-to-multipoint}"),
    Row(pattern="ip ospf mtu-ignore"),
    Row(pattern="ip ospf cost / <cost:1-65535>"),
    Row(pattern="ip ospf priority / <priority:0-255>", default="ip ospf priority 1"),
    Row(pattern="ip ospf hello-interval / <seconds:1-65535>"),
    Row(pattern="ip ospf dead-interval / <seconds:1-65535>"),
)

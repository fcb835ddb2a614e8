"""What a router keeps of services around it, without effect here: time, logging, SNMP, names, addresses for hosts.

Source: Cisco IOS-XE 17 command references: Basic System Management, Network Management, IP Addressing, Configuration
Fundamentals.
"""

from __future__ import annotations

from typing import Final

from iosxe.config.node import Row

_LEVEL: Final = "{level:emergencies|alerts|critical|errors|warnings|notifications|informational|debugging}"

SERVICES: Final = (
    Row(pattern="service tcp-keepalives-in"),
    Row(pattern="service tcp-keepalives-out"),
    Row(pattern="service password-encryption"),
    Row(pattern="service sequence-numbers"),
    Row(pattern="platform qfp utilization monitor load / <percent:1-100>"),
    Row(pattern="platform punt-keepalive disable-kernel-core"),
    Row(pattern="platform console / {kind:auto|serial|virtual}"),
)
LOGGING: Final = (
    Row(pattern=f"logging buffered / <bytes:4096-2147483647> [{_LEVEL}]"),
    Row(pattern=f"logging console / {_LEVEL}", default="logging console debugging", on=True),
    Row(pattern=f"logging monitor / {_LEVEL}", default="logging monitor debugging", on=True),
)
CLOCK: Final = (
    Row(pattern="clock timezone / <zone:word> <hours:0-23> [<minutes:0-59>]"),
    Row(pattern="clock summer-time / <zone:word> recurring"),
)
NAMES: Final = (
    Row(pattern="ip source-route", on=True),
    Row(pattern="ip bootp server", on=True),
    Row(pattern="ip gratuitous-arps"),
    Row(pattern="ip host <name!:word> / <address:ip>"),
    Row(pattern="ip name-server <address!:ip>"),
    Row(pattern="ip domain list <name!:word>"),
    Row(pattern="ip dhcp excluded-address <low!:ip> [<high!:ip>]"),
    Row(pattern="ip dhcp pool <name!:word>", enters="dhcp-pool"),
)
POOL: Final = (
    Row(pattern="network / <address:ip> <mask:ip>"),
    Row(pattern="default-router / <address:ip>", tail=" "),
    Row(pattern="domain-name / <name:word>"),
    Row(pattern="dns-server / <address:ip>", tail=" "),
    Row(pattern="lease / (<days:0-365> | infinite)"),
)
CHASSIS: Final = (
    Row(pattern="multilink bundle-name / authenticated"),
    Row(pattern="subscriber templating"),
    Row(pattern="diagnostic bootup level / {level:minimal|complete}"),
    Row(pattern="memory free low-watermark processor / <kbytes:1-4294967295>"),
    Row(pattern="spanning-tree extend system-id"),
    Row(pattern="license udi pid <pid:word> sn <sn:word>"),
)
SENDERS: Final = (
    Row(pattern="ip tftp source-interface / <interface:interface>"),
    Row(pattern="ip tcp synwait-time / <seconds:5-300>", default="ip tcp synwait-time 30"),
    Row(pattern="ip tcp path-mtu-discovery"),
)
TAIL: Final = (
    Row(pattern=f"logging trap / {_LEVEL}", default="logging trap informational"),
    Row(pattern="logging source-interface / <interface:interface>"),
    Row(pattern="logging host <address!:ip>"),
    Row(pattern="snmp-server community <name!:word> / {mode:RO|RW} [<acl:word>]"),
    Row(pattern="snmp-server trap-source / <interface:interface>"),
    Row(pattern="snmp-server location / <text:line>"),
    Row(pattern="snmp-server contact / <text:line>"),
    Row(pattern="snmp-server host <address!:ip> version {version:1|2c} <community:word>"),
    Row(pattern="alias exec <name!:word> / <command:line>"),
)
NTP: Final = (
    Row(pattern="ntp logging"),
    Row(pattern="ntp source / <interface:interface>"),
    Row(pattern="ntp server <address!:ip> / [{prefer:prefer}]"),
)

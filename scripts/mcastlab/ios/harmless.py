"""What of a router's configuration and of its messages is known to hold no secret. Everything else is masked.

The lists stand beside this file: ``harmless_lines.txt``, which says how a line there is written, and
``harmless_words.txt``. A value that could be a password, key, community or text of a person's own has no kind here.

Source: Cisco IOS XE 17, command references of each command.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

KINDS: Final = {
    "address": r"(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?,?",
    "address6": r"[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?:/\d{1,3})?",
    "number": r"-?\d{1,10}(?:\.\d{1,5})?",
    "range": r"\d{1,5}(?:-\d{1,5})?",
    "interface": r"(?:Null|Loopback|Tunnel|Vlan|BDI|BVI|Port-channel|Serial|Dialer|Cellular|Virtual-Template|NVI"
    r"|Multilink|VirtualPortGroup|Ethernet|FastEthernet|GigabitEthernet|TwoGigabitEthernet|FiveGigabitEthernet"
    r"|TenGigabitEthernet|TwentyFiveGigE|FortyGigabitEthernet|HundredGigE|AppGigabitEthernet)"
    r"\d{1,10}(?:/\d{1,4}){0,3}(?::\d{1,4})?(?:\.\d{1,10})?",
    "name": r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,63}",
    "word": r"[a-z][a-z0-9-]{0,30}",
    "lab": r"[a-z][a-z0-9-]{0,31}:",
    "file": r"(?:bootflash|flash|disk0|harddisk|nvram|crashinfo):[\w./-]{0,80}",
    "community": r"\d{1,5}:\d{1,5}|\d{1,10}|internet|local-as|no-advertise|no-export|gshut|additive|none",
    "encryption": r"(?:aes-(?:cbc|gcm|ctr)-)?(?:128|192|256)|aes|3des|des",
    "hash": r"sha|sha1|md5|sha256|sha384|sha512",
    "transform": r"(?:esp|ah|comp)-[a-z0-9-]{1,20}|128|192|256",
    "group": r"group\d{1,2}",
    "entry": r"(?:\d{1,3}\.){3}\d{1,3},?|\d{1,5}|any|host|wildcard|bits|ip|tcp|udp|icmp|igmp|pim|gre|esp|ahp|eigrp|ospf"
    r"|ipinip|eq|neq|gt|lt|range|established|log|log-input|fragments|dscp|precedence|tos|ttl|ack|fin|psh|rst|syn|urg"
    r"|echo|echo-reply|unreachable|packet-too-big|time-exceeded|ttl-exceeded|traceroute|administratively-prohibited"
    r"|bootpc|bootps|domain|ftp|ftp-data|isakmp|non500-isakmp|ntp|pim-auto-rp|rip|snmp|snmptrap|ssh|syslog|tacacs|telnet"
    r"|tftp|www|bgp|smtp|host-report|dvmrp|ef|af\d\d|cs\d|default|\(?\d{1,10}|match(?:es)?\)?",
}
"""Regular expressions of whole words."""


@cache
def harmless_lines() -> tuple[str, ...]:
    """Return the patterns of configuration lines."""
    return listed("harmless_lines.txt")


@cache
def message_words() -> frozenset[str]:
    """Return the words of IOS's messages."""
    return frozenset(word for line in listed("harmless_words.txt") for word in line.split())


def listed(name: str) -> tuple[str, ...]:
    """Return the lines of a table beside this file, its comments left out."""
    lines = files("mcastlab.ios").joinpath(name).read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


LOOKED_AT: Final = (
    "crypto ikev2 ",
    "crypto ipsec ",
    "hostname ",
    "interface ",
    "ip access-list standard ",
    "ip igmp ",
    "ip mroute ",
    "ip multicast ",
    "ip multicast-routing",
    "ip pim ",
    "ip route ",
    "router bgp ",
)
"""How the sections and lines begin that the lab has, or that decide whether its traffic flows."""

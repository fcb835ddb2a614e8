"""Policies, kept without effect here: prefix lists, route maps, address translation, probes, classes of traffic.

Source: Cisco IOS-XE 17 command references: IP Routing, IP Addressing, IP SLAs, QoS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from iosxe.config.node import Change, Problem, Row, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

_ACTION: Final = "{action:permit|deny}"


def _entry(args: Mapping[str, str]) -> tuple[object, ...]:
    return (args["name"], int(args["sequence"]))


def _bounds(change: Change) -> Verdict:
    """Refuse bounds that no prefix can have: length < ge <= le."""
    if change.unset:
        return None
    length = int(change.args["prefix"].rpartition("/")[2])
    low, high = int(change.args.get("ge", length + 1)), int(change.args.get("le", 32))
    if ("ge" in change.args or "le" in change.args) and not length < low <= high:
        return Problem(
            "% Invalid prefix range for " + change.args["prefix"] + ", make sure: len < ge-value <= le-value\n"
        )
    return None


SLA: Final = (
    Row(pattern="track <number!:1-1000> ip sla <sla:1-2147483647> / [{what:reachability|state}]", enters="track"),
    Row(pattern="class-map match-any <name!:word>", enters="class-map"),
    Row(pattern="class-map match-all <name!:word>", enters="class-map"),
    Row(pattern="policy-map <name!:word>", enters="policy-map"),
)
TRACK: Final = (Row(pattern="delay / ([down <down:0-180>] up <up:0-180> | down <down:0-180>)"),)
CLASS_MAP: Final = (
    Row(pattern="description / <text:line>"),
    Row(pattern="match dscp <dscp!:word>", tail=" "),
    Row(pattern="match ip precedence <precedence!:0-7>", tail=" "),
    Row(pattern="match access-group name <name!:word>"),
)
POLICY_MAP: Final = (
    Row(pattern="description / <text:line>"),
    Row(pattern="class <name!:word>", enters="policy-class", bang=False),
)
POLICY_CLASS: Final = (
    Row(pattern="priority / [percent <percent:1-100> | <kbps:1-10000000>]"),
    Row(pattern="bandwidth percent / <percent:1-100>"),
    Row(pattern="shape average / <bps:8000-10000000000>"),
    Row(pattern="set dscp / <dscp:word>"),
    Row(pattern="fair-queue"),
)
NAT: Final = (
    Row(pattern="ip nat inside source list <acl!:word> interface <interface:interface> overload"),
    Row(pattern="ip nat inside source static <inside!:ip> <outside!:ip>"),
)
PROBES: Final = (
    Row(pattern="ip sla <number!:1-2147483647>", enters="sla", bang=False),
    Row(pattern="ip sla schedule <number!:1-2147483647> / life forever start-time now"),
)
SLA_KINDS: Final = (
    Row(
        pattern="icmp-echo <target!:ip> [source-ip <source:ip> | source-interface <interface:interface>]",
        enters="sla-echo",
        unset="",
        bang=False,
    ),
)
ECHO: Final = (
    Row(pattern="tag / <text:line>"),
    Row(pattern="threshold / <milliseconds:0-60000>", default="threshold 5000"),
    Row(pattern="timeout / <milliseconds:0-604800000>", default="timeout 5000"),
    Row(pattern="frequency / <seconds:1-604800>", default="frequency 60"),
)
PREFIXES: Final = (
    Row(pattern="ip prefix-list <name!:word> description / <text:line>"),
    Row(
        pattern=f"ip prefix-list <name!:word> seq <sequence!:1-4294967294> {_ACTION} <prefix:prefix>"
        " [ge <ge:0-32>] [le <le:0-32>]",
        slot="ip prefix-list entry",
        check=_bounds,
        sort=_entry,
    ),
)
ROUTE_MAPS: Final = (
    Row(
        pattern="route-map <name!:word> {action!:permit|deny} <sequence!:0-65535>",
        enters="route-map",
        tail=" ",
        sort=_entry,
    ),
)
ROUTE_MAP: Final = (
    Row(pattern="description / <text:line>"),
    Row(pattern="match ip address prefix-list / <name:word>"),
    Row(pattern="match ip address / <acl:word>"),
    Row(pattern="match interface / <interface:interface>"),
    Row(pattern="match tag / <tag:1-4294967295>"),
    Row(pattern="set local-preference / <value:0-4294967295>"),
    Row(pattern="set metric / <value:0-4294967295>"),
    Row(pattern="set weight / <value:0-65535>"),
    Row(pattern="set ip next-hop / <address:ip>"),
    Row(pattern="set as-path prepend / <path:line>"),
    Row(pattern="set tag / <tag:1-4294967295>"),
    Row(pattern="set community / <community:line>"),
)

"""What would stop the lab's packets on a router of its owner's: reported beside a change, with the lines that help.

A note is no refusal: whoever filters may mean it, and a list may be changed while the lab is up.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mcastlab.ios.access_lists import EVERYTHING, entries_of
from mcastlab.ios.configuration import section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcastlab.ios.access_lists import AclEntry
    from mcastlab.ios.configuration import ConfigLine, Tree

_GROUP: Final = re.compile(r"^ip access-group (\S+) in$")
_ZONE: Final = re.compile(r"^zone-member security (\S+)$")
_OWNERS: Final = re.compile(r"^interface (?!Tunnel|Loopback)[A-Z]")
_NUMBERS: Final = {"udp": "17", "esp": "50"}
_NEEDED: Final = (("udp", 500), ("udp", 4500), ("esp", None))
"""What AWS's endpoints send to the WAN interface. Source: AWS Site-to-Site VPN, firewall rules."""


def filter_notes(running: Tree, wanted: Tree) -> tuple[str, ...]:
    """Return what stands in the way of the lab's packets on a router, a sentence each."""
    endpoints: dict[str, list[str]] = {}
    for line in wanted:
        if any(each.text == "tunnel mode ipsec ipv4" for each in line.below):
            source, destination = _value(line, "tunnel source "), _value(line, "tunnel destination ")
            if source and destination:
                endpoints.setdefault(source, []).append(destination)
    closed = (note for wan, ends in endpoints.items() for note in _closed(running, wan, ends))
    return (*closed, *_zones(running, wanted), *_shut_down(running, wanted))


def _closed(running: Tree, wan: str, endpoints: Sequence[str]) -> Iterator[str]:
    """Yield that the WAN interface's list keeps the VPN's packets out."""
    interface = section(running, f"interface {wan}")
    name = next((found[1] for each in (interface.below if interface else ()) if (found := _GROUP.match(each.text))), "")
    entries = entries_of(running, name)
    if not entries:
        # A list that is named and not there permits all.
        return
    missing = dict.fromkeys(
        f"permit {protocol} host {endpoint} any{f' eq {port}' if port else ''}"
        if entries[0].extended
        else f"permit host {endpoint}"
        for endpoint in endpoints
        for protocol, port in _NEEDED
        if not _permits(entries, protocol, port, IPv4Address(endpoint))
    )
    if missing:
        yield (
            f"{wan} has the access list {name} inbound, which keeps the VPN out: enter into it, before what denies, "
            + ", ".join(f"`{line}`" for line in missing)
        )


def _permits(entries: Sequence[AclEntry], protocol: str, port: int | None, source: IPv4Address) -> bool:
    """Say what the first entry decides that is surely about such packets, to whichever address of the router."""
    for entry in entries:
        if entry.protocol not in {"ip", protocol, _NUMBERS[protocol]} or "established" in entry.options:
            continue
        if entry.source is None or source not in entry.source:
            continue
        if port is not None and not any(port in ports for ports in entry.destination_ports):
            continue
        if not entry.permits and entry.destination != EVERYTHING:
            continue
        return entry.permits
    return False


def _zones(running: Tree, wanted: Tree) -> Iterator[str]:
    """Yield that zones are in use, between which and interfaces of none nothing passes.

    Source: Cisco, Zone-Based Policy Firewall Design and Application Guide, rules for applying policy.
    """
    interfaces = [line for line in wanted if line.text.startswith("interface ")]
    zones: dict[str, str] = {}
    for line in interfaces:
        there = section(running, line.text)
        for each in there.below if there else ():
            if found := _ZONE.match(each.text):
                zones[line.text.removeprefix("interface ")] = found[1]
    bare = [line.text.removeprefix("interface ") for line in interfaces if line.text.startswith("interface Tunnel")]
    bare = [name for name in bare if name not in zones]
    for name, zone in zones.items():
        if bare and not name.startswith("Tunnel"):
            yield (
                f"{name} is in the zone {zone}, and {', '.join(bare)} in none: IOS drops what goes between. Give them "
                f"`zone-member security {zone}` in a template of your own, or a zone with a pair to it"
            )


def _shut_down(running: Tree, wanted: Tree) -> Iterator[str]:
    """Yield the interfaces of the owner's that the lab uses and that are shut down; ours are brought up."""
    sources = (f"interface {_value(line, 'tunnel source ')}" for line in wanted)
    for name in dict.fromkeys((*(line.text for line in wanted), *sources)):
        there = section(running, name) if _OWNERS.match(name) else None
        if there is not None and any(each.text == "shutdown" for each in there.below):
            yield (
                f"{name.removeprefix('interface ')} is shut down, and the lab's packets pass it: enter `no shutdown` "
                "into it, or give the lab another interface"
            )


def _value(line: ConfigLine, start: str) -> str:
    return next((each.text.removeprefix(start) for each in line.below if each.text.startswith(start)), "")

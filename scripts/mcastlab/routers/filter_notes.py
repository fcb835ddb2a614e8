"""What a router's own filters would do to the lab: told beside a change, with the lines that open them.

A note is no refusal: whoever filters may mean it, and a list may be changed while the lab is up.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mcastlab.ios.configuration import section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcastlab.ios.configuration import ConfigLine, Tree

_GROUP: Final = re.compile(r"^ip access-group (\S+) in$")
_ZONE: Final = re.compile(r"^zone-member security (\S+)$")
_PORTS: Final = {"500": frozenset({"500", "isakmp"}), "4500": frozenset({"4500", "non500-isakmp"})}
_NEEDED: Final = (("udp", "500"), ("udp", "4500"), ("esp", ""))
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
    return (*closed, *_zones(running, wanted))


def _closed(running: Tree, wan: str, endpoints: Sequence[str]) -> Iterator[str]:
    """Yield that the WAN interface's list keeps the VPN's packets out."""
    interface = section(running, f"interface {wan}")
    name = next((found[1] for each in (interface.below if interface else ()) if (found := _GROUP.match(each.text))), "")
    entries = _extended(running, name)
    if not entries:
        # A list that is named and not there permits all, and one of addresses alone names no ports.
        return
    missing = [
        f"permit {protocol} host {endpoint} any{f' eq {port}' if port else ''}"
        for endpoint in endpoints
        for protocol, port in _NEEDED
        if not _permits(entries, protocol, port, endpoint)
    ]
    if missing:
        yield (
            f"{wan} has the access list {name} inbound, which keeps the VPN out: enter into it, before what denies, "
            + ", ".join(f"`{line}`" for line in missing)
        )


def _extended(running: Tree, name: str) -> list[list[str]]:
    named = section(running, f"ip access-list extended {name}")
    lines = [each.text for each in named.below] if named is not None else []
    numbered = f"access-list {name} "
    lines += [each.text.removeprefix(numbered) for each in running if each.text.startswith(numbered)]
    entries = [line.split() for line in lines]
    return [words for words in entries if words[0] in {"permit", "deny"} and len(words) > 3]  # noqa: PLR2004  (an extended one)


def _permits(entries: Sequence[Sequence[str]], protocol: str, port: str, source: str) -> bool:
    """Say what the first entry decides that is surely about such packets, to whichever address of the router."""
    for action, about, *rest in entries:
        if about not in {"ip", protocol, {"esp": "50", "udp": "17"}[protocol]}:
            continue
        who = rest[1] if rest[0] == "host" else rest[0]
        if who not in {"any", source} or "established" in rest:
            continue
        ports = {rest[at + 1] for at, word in enumerate(rest) if word == "eq"}
        if ports and not ports & _PORTS.get(port, frozenset()):
            continue
        if action == "deny" and (rest[-1] not in {"any", "log"} or "any" not in rest[1:]):
            continue
        return action == "permit"
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


def _value(line: ConfigLine, start: str) -> str:
    return next((each.text.removeprefix(start) for each in line.below if each.text.startswith(start)), "")

"""What somebody else uses on a router and we would take from them: told by name before anything is sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mcastlab.ios.access_lists import permits
from mcastlab.ios.configuration import section
from mcastlab.lab.design.names import GROUPS_ACCESS_LIST
from mcastlab.routers.ownership import is_whole, lab_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.ios.configuration import ConfigLine, Tree
    from mcastlab.lab.model import Lab
    from mcastlab.routers.ownership import Ledger

_OURS: Final = re.compile(r"^interface ((?:Tunnel|Loopback)\d+)$")
_BGP: Final = re.compile(r"^router bgp (\S+)$")
_RP: Final = re.compile(r"^ip pim rp-address (\S+)(?: (?!override)(\S+))?")


def conflicts(router: str, running: Tree, wanted: Tree, ledger: Ledger, lab: Lab) -> tuple[str, ...]:
    """Return what forbids to send `wanted`, each in a sentence with the router's name and what to do."""
    found = (
        *_second_lab(running, lab.name),
        *_interfaces(running, wanted, ledger, lab.name),
        *_asn(running, wanted),
        *_rendezvous_points(running, wanted, ledger, lab),
    )
    return tuple(f"{router}: {each}" for each in found)


def _second_lab(running: Tree, name: str) -> Iterator[str]:
    others = sorted({other for line in running if (other := lab_of(line)) not in {None, name}}, key=str)
    for other in others:
        yield f"the lab {other} is configured here already; a router serves one lab: take the other out first"


def _interfaces(running: Tree, wanted: Tree, ledger: Ledger, name: str) -> Iterator[str]:
    for line in wanted:
        there = section(running, line.text)
        interface = _OURS.match(line.text)
        if interface is None or there is None or is_whole(there, ledger, name) or lab_of(there) not in {None, name}:
            continue
        address = _first(line, "ip address ")
        if interface[1].startswith("Loopback") and _first(there, "ip address ") in {address, None}:
            continue
        what = _first(there, "ip address ") or _first(there, "description ") or "it is configured"
        yield f"{interface[1]} is in use by somebody else ({what}); give the lab another number or free it"


def _asn(running: Tree, wanted: Tree) -> Iterator[str]:
    want = next((found[1] for line in wanted if (found := _BGP.match(line.text))), None)
    have = next((found[1] for line in running if (found := _BGP.match(line.text))), None)
    if want is not None and have not in {None, want}:
        yield f"it runs BGP as AS {have}, and the lab says AS {want}: set the site's router.asn to {have}"


def _rendezvous_points(running: Tree, wanted: Tree, ledger: Ledger, lab: Lab) -> Iterator[str]:
    mine = {found[1] for line in wanted if (found := _RP.match(line.text))}
    groups = [group.address for group in lab.groups] if mine else []
    for line in running:
        found = _RP.match(line.text)
        if found is None or found[1] in mine or ledger.owns((line.text,)) or line.text.endswith(GROUPS_ACCESS_LIST):
            continue
        taken = [group for group in groups if permits(running, found[2], group)]
        if taken:
            listed = ", ".join(str(group) for group in taken[:3]) + (", ..." if len(taken) > len(taken[:3]) else "")
            yield f"{found[1]} is the rendezvous point of {listed} already ({line.shown}); narrow its groups first"


def _first(line: ConfigLine, start: str) -> str | None:
    return next((each.shown for each in line.below if each.text.startswith(start)), None)

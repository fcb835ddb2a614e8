"""What somebody else uses on a router and we would take from them: reported by name before anything is sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mcastlab.ios.access_lists import permits_some
from mcastlab.ios.configuration import section
from mcastlab.ios.rp_mapping import rp_of
from mcastlab.lab.blocks import AddressBlock
from mcastlab.lab.design.names import GROUPS_ACCESS_LIST
from mcastlab.routers.ownership import is_whole, lab_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv4Address

    from mcastlab.ios.configuration import ConfigLine, Tree
    from mcastlab.ios.show.multicast import RpMapping
    from mcastlab.lab.model import Lab
    from mcastlab.routers.device import RouterRun
    from mcastlab.routers.ownership import Ledger

_OURS: Final = re.compile(r"^interface ((?:Tunnel|Loopback)\d+)$")
_BGP: Final = re.compile(r"^router bgp (\S+)$")
_RP: Final = "ip pim rp-address "
_DESTINATION: Final = "tunnel destination "
_PEER: Final = re.compile(
    r"^(?:crypto isakmp key (?:\d )?\S+ address|pre-shared-key address|address(?: ipv4)?|tunnel destination|set peer"
    r"|match identity (?:remote )?address|crypto isakmp peer address|peer(?: \d+)?) ([\d.]+)(?:[ /]([\d.]+))?(?: |$)"
)
"""Lines that name a peer of IKEv1 or IKEv2; a mask may stand behind the address, or the length of its prefix."""
_ONE: Final = "255.255.255.255"
_VRF: Final = re.compile(r"^(?:ip )?vrf forwarding (\S+)")
_POLICY: Final = "crypto ikev2 policy "
_LOCAL: Final = "match address local "


def conflicts(run: RouterRun, lab: Lab) -> tuple[str, ...]:
    """Return what forbids to send what is wanted, each in a sentence with the router's name and what to do."""
    running, wanted, ledger = run.running, run.router.wanted, run.ledger
    found = (
        *_second_lab(running, lab.name),
        *_interfaces(running, wanted, ledger, lab),
        *_tables(running, wanted),
        *_asn(running, wanted),
        *_peers(running, wanted, ledger, lab.name),
        *_ikev2_policies(running, wanted),
        *_rendezvous_points(running, wanted, ledger, lab),
        *_learnt_rendezvous_points(run.rp_mappings, wanted, lab),
    )
    return tuple(f"{run.router.name}: {each}" for each in found)


def _second_lab(running: Tree, name: str) -> Iterator[str]:
    others = sorted({other for line in running if (other := lab_of(line)) not in {None, name}}, key=str)
    for other in others:
        yield f"the lab {other} is configured here already; a router serves one lab: take the other out first"


def _interfaces(running: Tree, wanted: Tree, ledger: Ledger, lab: Lab) -> Iterator[str]:
    name = lab.name
    for line in wanted:
        there = section(running, line.text)
        interface = _OURS.match(line.text)
        if interface is None or there is None or is_whole(there, ledger, name) or lab_of(there) not in {None, name}:
            continue
        address = _first(line, "ip address ")
        if interface[1].startswith("Loopback") and _first(there, "ip address ") in {address, None}:
            continue
        what = _first(there, "ip address ") or _first(there, "description ") or "it is configured"
        yield f"{interface[1]} is in use by somebody else ({what}); {_another(interface[1], lab)}, or free it"


def _another(interface: str, lab: Lab) -> str:
    """Return what to write into the lab file for a router that uses an interface of the lab's already."""
    if interface.startswith("Loopback"):
        return "set the site's router.loopback_interface to a free one"
    if any(interface in site.router.vpn_interfaces for site in lab.sites):
        return "set the site's router.tunnel_numbers to free ones"
    return "set the site's gre_tunnel to a free one"


def _asn(running: Tree, wanted: Tree) -> Iterator[str]:
    want = next((found[1] for line in wanted if (found := _BGP.match(line.text))), None)
    have = next((found[1] for line in running if (found := _BGP.match(line.text))), None)
    if want is not None and have not in {None, want}:
        yield f"it runs BGP as AS {have}, and the lab says AS {want}: set the site's router.asn to {have}"


def _tables(running: Tree, wanted: Tree) -> Iterator[str]:
    """Yield the interfaces that the lab uses and that are in a VRF: its tunnels and routes are in the global table."""
    sources = (each.text.removeprefix("tunnel source ") for line in wanted for each in line.below)
    names = dict.fromkeys((*(line.text for line in wanted), *(f"interface {source}" for source in sources)))
    for name in names:
        there = section(running, name) if name.startswith("interface ") else None
        vrfs = [found[1] for each in (there.below if there else ()) if (found := _VRF.match(each.text))]
        if vrfs:
            yield (
                f"{name.removeprefix('interface ')} is in the VRF {vrfs[0]}, and the lab's tunnels and routes are in "
                "the global table: take it out of the VRF, or give the lab an interface outside it"
            )


def _peers(running: Tree, wanted: Tree, ledger: Ledger, name: str) -> Iterator[str]:
    """Yield the lines of others, of either version of IKE, that are about an endpoint of AWS's that ours is about."""
    of_vpn = {
        each.text.removeprefix(_DESTINATION)
        for line in wanted
        if any(each.text == "tunnel mode ipsec ipv4" for each in line.below)
        for each in line.below
        if each.text.startswith(_DESTINATION)
    }
    for top in running:
        if is_whole(top, ledger, name):
            continue
        for _, line in top.walk():
            found = _PEER.match(line.text)
            if found is not None and found[1] in of_vpn and (found[2] or _ONE) in {_ONE, "32"}:
                yield (
                    f"it has a VPN to {found[1]} already ({line.shown!r} in {top.shown!r}), an endpoint of the lab's: "
                    "two to one peer exclude each other; take that one out"
                )


def _ikev2_policies(running: Tree, wanted: Tree) -> Iterator[str]:
    """Yield the policies of others that match a local address of ours: which one a session takes is not defined."""
    mine = {line.text: _matches(line) for line in wanted if line.text.startswith(_POLICY)}
    for line in running:
        if line.text.startswith(_POLICY) and line.text not in mine:
            for address in sorted(_matches(line) & {each for matches in mine.values() for each in matches}):
                yield (
                    f"its {line.text!r} matches the local address {address}, as the lab's policy does: remove `match "
                    "address local` there, or give the lab another WAN address"
                )


def _matches(policy: ConfigLine) -> set[str]:
    return {line.text.removeprefix(_LOCAL) for line in policy.below if line.text.startswith(_LOCAL)}


def _rendezvous_points(running: Tree, wanted: Tree, ledger: Ledger, lab: Lab) -> Iterator[str]:
    mine = _static_points(wanted)
    groups = _groups_of(lab) if mine else []
    for line in running:
        point, *options = line.text.removeprefix(_RP).split() if line.text.startswith(_RP) else [""]
        if point in {"", *mine} or ledger.owns((line.text,)) or line.text.endswith(GROUPS_ACCESS_LIST):
            continue
        name = next((each for each in options if each not in {"override", "bidir"}), None)
        taken = [group for group in groups if permits_some(running, name, group.first, group.last)]
        if taken:
            yield f"{point} is the rendezvous point of {_few(taken)} already ({line.shown}); narrow its groups first"


def _learnt_rendezvous_points(mappings: Sequence[RpMapping], wanted: Tree, lab: Lab) -> Iterator[str]:
    """Yield the rendezvous points that a router has learnt, which go before the lab's static one."""
    if not _static_points(wanted) or _overrides(wanted):
        return
    learnt = [mapping for mapping in mappings if not mapping.static]
    taken: dict[IPv4Address, list[AddressBlock]] = {}
    for group in lab.groups:
        point = rp_of(learnt, (), group.address)
        if point is not None:
            taken.setdefault(point, []).append(AddressBlock(group.address, group.address))
    for block in lab.blocks:
        for mapping in learnt:
            if mapping.groups is not None and any(mapping.groups.overlaps(each) for each in block.address.networks):
                taken.setdefault(mapping.rp, []).append(block.address)
    for point, groups in taken.items():
        yield (
            f"{point} is the rendezvous point of {_few(groups)} by Auto-RP or BSR, which goes before a static one; "
            "narrow the groups that it announces, or, where the router's owner agrees, set the site's "
            "router.rendezvous_point_override to true"
        )


def _static_points(tree: Tree) -> set[str]:
    return {line.text.removeprefix(_RP).split()[0] for line in tree if line.text.startswith(_RP)}


def _overrides(tree: Tree) -> bool:
    """Say whether the lab's rendezvous point goes before those that a router learns."""
    return any("override" in line.text.split() for line in tree if line.text.startswith(_RP))


def _groups_of(lab: Lab) -> list[AddressBlock]:
    """Return the addresses of the lab's groups and blocks."""
    listed = (AddressBlock(group.address, group.address) for group in lab.groups)
    return [*listed, *(block.address for block in lab.blocks)]


def _few(groups: Sequence[AddressBlock]) -> str:
    return ", ".join(str(group) for group in groups[:3]) + (", ..." if len(groups) > len(groups[:3]) else "")


def _first(line: ConfigLine, start: str) -> str | None:
    return next((each.shown for each in line.below if each.text.startswith(start)), None)

"""What routers are asked for: pings, and the design's reverse paths to addresses that were observed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design import reverse_paths as design
from mcastlab.lab.design.addresses import gre_addresses
from mcastlab.lab.design.names import LOOPBACK, in_reports
from mcastlab.lab.design.sizes import budget_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address

    from mcastlab.lab.model import Lab, Site

ASKED_OF_AN_ENTRY: Final = 8
"""So many hosts of an entry stand for all of it, when a router is asked for the reverse path."""

PINGS: Final = "repeat 2 timeout 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPath:
    """A reverse path of the design to an address that was observed, which a router is asked for."""

    router: str
    site: str | None
    """The site that is cut off if it does not."""
    towards: str
    """Whose address it is."""
    address: IPv4Address
    interface: str


def pings_of(lab: Lab, site: Site) -> dict[str, str]:
    """Return what a far router pings: the AWS router's loopback as GRE goes, and through GRE at full size."""
    near = gre_addresses(site)[0].ip
    size = budget_of(lab, site).gre_mtu
    return {
        "underlay": f"ping {lab.router.loopback} source {LOOPBACK} {PINGS}",
        "overlay": f"ping {near} {PINGS}",
        "full_size": f"ping {near} size {size} {PINGS} df-bit",
    }


def reverse_paths(lab: Lab, addresses: Mapping[str, IPv4Address]) -> tuple[AskedPath, ...]:
    """Return the design's reverse paths to addresses; `addresses` are those of the EC2 hosts, by name.

    The first few hosts of an entry, and devices of a site, stand for all of it.
    """
    hosts = {entry.name: entry.names for entry in lab.hosts}
    left_out = {device.name for site in lab.sites for device in site.devices[ASKED_OF_AN_ENTRY:]}
    found: list[AskedPath] = []
    for source, same in groupby(design.reverse_paths(lab), key=lambda path: path.source):
        paths = tuple(same)
        if source in hosts:
            known = [(name, addresses[name]) for name in hosts[source] if name in addresses][:ASKED_OF_AN_ENTRY]
            found += [_asked(lab, path, name, address) for name, address in known for path in paths]
        elif source not in left_out:
            found += [_asked(lab, path, source, path.network.network_address) for path in paths]
    return tuple(found)


def _asked(lab: Lab, path: design.ReversePath, towards: str, address: IPv4Address) -> AskedPath:
    return AskedPath(
        router=in_reports(lab, path.router), site=path.site, towards=towards, address=address, interface=path.interface
    )

"""Appliances: real devices on which nothing can be run, so that they are measured by those around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.types import known_names, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv4Address

    from mcastlab.lab.model import Group, Lab
    from mcastlab.lab.site import Site


def appliance_mistakes(sites: Sequence[Site], groups: Sequence[Group]) -> Iterator[str]:
    """Yield what is wrong with the groups of appliances, each with its path: no such group, or not its site's."""
    by_name = {group.name: group for group in groups}
    known = sorted(by_name)
    for site in sites:
        for device in site.appliances:
            for field, role in (("sends", "senders"), ("receives", "receivers")):
                path = f"sites[{site.name}].devices[{device.name}].{field}"
                for name in getattr(device, field):
                    if name not in by_name:
                        yield f"{path}: no listed group is called {shown(name)}; {known_names(name, known)}"
                    elif (members := getattr(by_name[name], role)) != "all" and site.name not in members:
                        yield f"{path}: {site.name} is none of groups[{name}].{role}; write it there too"


def of_appliances(site: Site, groups: Sequence[Group]) -> frozenset[IPv4Address]:
    """Return the groups that a site's appliances receive, and its LAN therefore need not be silent for."""
    names = {name for device in site.appliances for name in device.receives}
    return frozenset(group.address for group in groups if group.name in names)


def left_out(lab: Lab) -> tuple[str, ...]:
    """Return the note that measurements leave appliances out; none where there are none."""
    names = [device.name for site in lab.sites for device in site.appliances]
    if not names:
        return ()
    some = ", ".join(names) if len(names) <= _NAMED else f"{len(names)} appliances"
    return (f"Nothing is run on appliances ({some}): a test of devices measures them.",)


_NAMED: Final = 4

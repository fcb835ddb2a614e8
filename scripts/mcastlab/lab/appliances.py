"""Appliances: real devices on which nothing can be run, so that they are measured by those around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.blocks import block_of
from mcastlab.lab.group import group_at, unknown_group

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from ipaddress import IPv4Address

    from mcastlab.lab.blocks import GroupBlock
    from mcastlab.lab.group import Group
    from mcastlab.lab.model import Lab
    from mcastlab.lab.site import Site
    from mcastlab.lab.types import Stream


def group_of(name: str, groups: Sequence[Group], blocks: Sequence[GroupBlock]) -> Group | None:
    """Return the group that an appliance names: a listed one, or by its address one in a followed block.

    Raises:
        ValueError: it is an address, and none of a group; the text says what to write.
    """
    if name[0].isdigit():
        return group_at(name, groups, blocks)
    return next((group for group in groups if group.name == name), None)


def groups_of(names: Sequence[str], groups: Sequence[Group], blocks: Sequence[GroupBlock]) -> tuple[Group, ...]:
    """Return the groups that an appliance of a sound lab names."""
    return tuple(found for name in names if (found := group_of(name, groups, blocks)) is not None)


def appliance_mistakes(sites: Sequence[Site], groups: Sequence[Group], blocks: Sequence[GroupBlock]) -> Iterator[str]:
    """Yield what is wrong with the groups of appliances, each with its path: no such group, or not its site's."""
    for site in sites:
        for device in site.appliances:
            for field, role in (("sends", "senders"), ("receives", "receivers")):
                path = f"sites[{site.name}].devices[{device.name}].{field}"
                for name in getattr(device, field):
                    try:
                        found = group_of(name, groups, blocks)
                    except ValueError as error:
                        yield f"{path}: {error}"
                        continue
                    if found is None:
                        yield f"{path}: {'; '.join(unknown_group(name, groups, blocks))}"
                    elif (members := getattr(found, role)) != "all" and site.name not in members:
                        block = block_of(found.address, blocks)
                        whose = name if block is None else block.name
                        yield f"{path}: {site.name} is none of groups[{whose}].{role}; write it there too"


def played_by_most(lab: Lab, group: Group, able: Sequence[Stream]) -> tuple[Stream, tuple[str, ...]]:
    """Return which of some streams most appliances play that receive a group, and the names of those that do not.

    Of several that are played alike it is the first.
    """
    receiving = [
        device
        for site in lab.sites
        for device in site.appliances
        if any(each.address == group.address for each in groups_of(device.receives, lab.groups, lab.blocks))
    ]
    deaf = {
        stream: tuple(device.name for device in receiving if device.plays and stream not in device.plays)
        for stream in able
    }
    return min(deaf.items(), key=lambda each: len(each[1]))


def of_appliances(site: Site, lab: Lab) -> frozenset[IPv4Address]:
    """Return the groups that a site's appliances receive, and its LAN therefore need not be silent for."""
    names = [name for device in site.appliances for name in device.receives]
    return frozenset(group.address for group in groups_of(names, lab.groups, lab.blocks))


def left_out(lab: Lab) -> tuple[str, ...]:
    """Return the note that measurements leave appliances out; none where there are none."""
    names = [device.name for site in lab.sites for device in site.appliances]
    if not names:
        return ()
    some = ", ".join(names) if len(names) <= _NAMED else f"{len(names)} appliances"
    return (f"Nothing is run on appliances ({some}): a test of devices measures them.",)


_NAMED: Final = 4

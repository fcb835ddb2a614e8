"""Who sends to a group and who receives from it, on either side of the tunnels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mcastlab.lab.model import Group, Hosts, Lab
    from mcastlab.lab.site import Site

Role = Literal["senders", "receivers"]


def hosts_in(lab: Lab, group: Group, role: Role) -> tuple[Hosts, ...]:
    """Return the hosts entries that have a role in a group."""
    names = getattr(group, role)
    return tuple(hosts for hosts in lab.hosts if names == "all" or hosts.name in names)


def sites_in(lab: Lab, group: Group, role: Role) -> tuple[Site, ...]:
    """Return the far sites that have a role in a group."""
    names = getattr(group, role)
    return tuple(site for site in lab.sites if names == "all" or site.name in names)


def names_in(lab: Lab, group: Group, role: Role) -> tuple[str, ...]:
    """Return the names of the hosts entries and sites that have a role in a group, in the document's order."""
    hosts, sites = hosts_in(lab, group, role), sites_in(lab, group, role)
    return (*(each.name for each in hosts), *(each.name for each in sites))


def leaves_vpc(lab: Lab, group: Group) -> bool:
    """Say whether a group has senders in the VPC and receivers at a far site."""
    return bool(hosts_in(lab, group, "senders")) and bool(sites_in(lab, group, "receivers"))


def enters_vpc(lab: Lab, group: Group) -> bool:
    """Say whether a group has senders at a far site and receivers in the VPC."""
    return bool(sites_in(lab, group, "senders")) and bool(hosts_in(lab, group, "receivers"))


def bridged_groups(lab: Lab, bridge: Literal["join", "static"] | None = None) -> tuple[Group, ...]:
    """Return the groups in which the AWS router takes part, all or those of one way to."""
    return tuple(
        group
        for group in lab.groups
        if (leaves_vpc(lab, group) or enters_vpc(lab, group)) and bridge in {None, group.bridge}
    )

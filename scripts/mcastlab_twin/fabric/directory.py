"""Where a person finds what: every namespace of the fabric by the name that the lab or AWS gives it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.names import lan_name
from mcastlab_twin.network import names
from mcastlab_twin.sandbox import rootfs
from mcastlab_twin.services.linux import LinuxNode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsregion.cloud import Cloud
    from mcastlab_twin.fabric.plan import Fabric
    from mcastlab_twin.services.service import Service
    from mcastlab_twin.services.specifications import Name

_HOSTNAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")


def namespaces(fabric: Fabric, cloud: Cloud) -> dict[str, str]:
    """Return each namespace by its names: instances by id, and by Name tag where that is one instance's alone."""
    sites = [remote.site for remote in fabric.sites]
    tags = Counter(instance.name for instance in cloud.instances)
    return {
        names.INTERNET: names.INTERNET,
        **{site.router.ssh: names.site_router(site.name) for site in sites},
        **{lan_name(site.name): names.site_lan(site.name) for site in sites},
        **{name: names.device(name) for name in fabric.device_names},
        **{vpc.id: vpc.id for vpc in cloud.vpcs},
        **{gateway.id: gateway.id for gateway in cloud.transit_gateways},
        **{tunnel.netns: tunnel.netns for tunnel in fabric.tunnels},
        **{instance.name: instance.id for instance in cloud.instances if tags[instance.name] == 1},
        **{instance.id: instance.id for instance in cloud.instances},
    }


def entrances(fabric: Fabric, cloud: Cloud, running: Mapping[Name, Service]) -> dict[str, tuple[str, ...]]:
    """Return, by name, the command that enters each node from the sandbox's own namespaces.

    A Linux node that runs is entered whole, with its files and processes. For any other one is made that ends with the
    command, in the same network: what looks at a router has no more rights than what looks at a host.
    """
    machines = {each.netns: each.argv() for each in running.values() if isinstance(each, LinuxNode)}
    found = namespaces(fabric, cloud)
    return {
        name: machines.get(netns) or rootfs.argv(netns, _hostname(name, netns), "tini", "--")
        for name, netns in sorted(found.items())
    }


def _hostname(name: str, netns: str) -> str:
    """Return a node's name where it can be a host's: a Name tag may be anything."""
    return name if _HOSTNAME.fullmatch(name) else netns

"""What the sandbox is given at its start, from outside."""

from __future__ import annotations

from pathlib import Path

from mcastlab.lab.model import Lab
from mcastlab_base.frozen import Frozen


class Manifest(Frozen):
    """The lab, and the descriptors of listening sockets that were opened before the sandbox's network was unshared."""

    name: str
    lab: Lab
    run_dir: Path
    """The run folder's path outside."""
    api: int
    ssh: dict[str, int]
    """By the remote sites' SSH names, and those of appliances, which have a button there instead."""
    quotas: tuple[str, ...] = ()
    """Those of the region that were raised, as ``route=100``."""
    slow: float | None = None
    """How fast the clock of a region in its slow mode goes."""


def ssh_names(lab: Lab) -> tuple[str, ...]:
    """Return the SSH names of the remote sites' routers, and the names of their devices."""
    routers = tuple(site.router.ssh for site in lab.sites)
    return routers + tuple(device.name for site in lab.sites for device in site.devices)


def appliance_names(lab: Lab) -> frozenset[str]:
    """Return the names of the remote sites' appliances."""
    return frozenset(device.name for site in lab.sites for device in site.appliances)

"""The network as pieces: what the region holds, and the lab's remote sites. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab_twin.network import gateway, names, site, vpc, vpn
from mcastlab_twin.network.instances import HostInstance, instances, leased
from mcastlab_twin.network.kernel_pieces import Namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.model import Lab
    from mcastlab_twin.network.cloud_index import CloudIndex
    from mcastlab_twin.network.piece import Piece
    from mcastlab_twin.network.timers import DomainTimers


def pieces(index: CloudIndex, lab: Lab, timers: DomainTimers) -> Iterator[Piece]:
    """Yield every piece; a reference to what is gone leads nowhere, as on AWS.

    Args:
        index: what the region holds.
        lab: whose remote sites stand by themselves.
        timers: of the multicast domains.
    """
    yield Namespace(name=names.INTERNET, forwards=True)
    for remote in site.remote_sites(lab.sites):
        yield from site.plan(remote)
    for instance in index.cloud.instances:
        yield Namespace(name=instance.id)
    for transit in index.cloud.transit_gateways:
        yield from gateway.plan(transit, index, timers, tuple(group.address for group in lab.groups))
    for network in index.cloud.vpcs:
        yield from vpc.plan(network, index)
    for running in instances(index):
        if isinstance(running, HostInstance):
            yield from leased(running)
    for connection in index.vpn_connections.values():
        yield from vpn.plan(connection, index)

"""Which trees are joined once more, and the Join for them."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from mcastlab_twin.routers.join_repeater import trees
from mcastlab_twin.routers.kernel_mroutes import KernelMroute
from mcastlab_twin.routers.pim_messages import join

GROUP, SOURCE = IPv4Address("239.1.2.1"), IPv4Address("192.168.50.20")
VPC, TUNNEL = 2, 4


def route(
    outgoing: set[int], *, source: IPv4Address = SOURCE, incoming: int | None = TUNNEL, gone: bool = False
) -> KernelMroute:
    return KernelMroute(source=source, group=GROUP, incoming=incoming, outgoing=frozenset(outgoing), gone=gone)


@pytest.mark.parametrize(
    ("changed", "joined"),
    [
        ([route({VPC})], 1),
        ([route(set()), route({VPC}), route({VPC})], 1),
        ([route({VPC}), route(set())], 0),
        ([route({VPC}), route({VPC}, gone=True)], 0),
        ([route({TUNNEL})], 0),
        ([route({VPC}, incoming=None)], 0),
        ([route({VPC}, source=IPv4Address(0))], 0),
    ],
    ids=["a tree", "each once", "to nobody", "gone", "only back", "not resolved", "a shared tree"],
)
def test_a_source_s_tree_that_goes_somewhere_is_joined(changed: list[KernelMroute], joined: int) -> None:
    assert len(trees(changed)) == joined


def test_a_join_names_neighbour_hold_time_group_and_source() -> None:
    message = join(SOURCE, GROUP, IPv4Address("172.16.200.2"), 35)
    # Version 2, Join/Prune, its checksum; the upstream neighbour; a group, 35 s; one Join, no Prune, sparse, /32.
    assert (
        message.hex()
        == "2300" + "7dc7" + "0100ac10c802" + "00010023" + "01000020ef010201" + "00010000" + "01000420c0a83214"
    )

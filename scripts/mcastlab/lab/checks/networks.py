"""The address blocks of a lab: which there are, and which of them overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.lab import generated
from mcastlab.lab.addressing import host_route, loopback_block
from mcastlab.lab.checks.finding import design_check, error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from ipaddress import IPv4Network

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Lab

_REMEDY: Final = {
    "lan": "renumber that LAN, or leave the site out",
    "gre": "write gre: with a /30 that nothing else uses",
    "tunnels": "write tunnels: with two /30s of 169.254.0.0/16 that nothing else uses",
    "loopback": "write loopback: with an address outside every other block",
    "wan": "give that interface's network and the other one different blocks",
    "cidr": "write cidr: with another block",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A network of the lab, and where the document has it."""

    path: str
    field: str
    network: IPv4Network
    site: str | None = None


def blocks(lab: Lab) -> Iterator[Block]:
    """Return all networks that routers tell apart, in the order of the document."""
    yield Block("vpc.cidr", "cidr", lab.vpc.cidr)
    yield Block("router.loopback", "loopback", loopback_block(lab))
    for site in lab.sites:
        at, router = f"sites[{site.name}]", site.router
        yield Block(f"{at}.router.wan", "wan", router.wan.address.network, site.name)
        yield Block(f"{at}.router.lan", "lan", router.lan.address.network, site.name)
        yield Block(f"{at}.router.loopback", "loopback", host_route(router.loopback), site.name)
        yield Block(f"{at}.gre", "gre", site.gre, site.name)
        for index, inside in enumerate(site.tunnels):
            yield Block(f"{at}.tunnels[{index}]", "tunnels", inside, site.name)


def overlapping(all_blocks: Iterable[Block]) -> Iterator[tuple[Block, Block]]:
    """Return every two blocks of which one lies within the other, the one that the document has first in front.

    Blocks are nested or apart, so that one walk in the order of addresses meets every pair.
    """
    listed = list(all_blocks)
    rank = {id(block): index for index, block in enumerate(listed)}
    around: list[Block] = []
    for block in sorted(listed, key=lambda each: (int(each.network.network_address), each.network.prefixlen)):
        while around and around[-1].network.broadcast_address < block.network.network_address:
            around.pop()
        for outer in around:
            first, second = sorted((outer, block), key=lambda each: rank[id(each)])
            yield first, second
        around.append(block)


@design_check("RFC 4632, section 3.1: a router sends a packet to the longest match, so a block is in one place only")
def networks_do_not_overlap(lab: Lab) -> Iterator[Observation]:
    """VPC, loopbacks, LANs, GRE networks and tunnel insides lie apart."""
    numbers = {site.name: site.number for site in lab.sites}
    for first, second in overlapping(blocks(lab)):
        if {first.path, second.path} == {"vpc.cidr", "router.loopback"}:
            continue  # loopback-lies-outside-the-vpc says why
        if "wan" in {first.field, second.field} and None not in {first.site, second.site} and first.site != second.site:
            continue  # two sites may stand behind NATs with the same private network
        if first.site != second.site and first.network == second.network and _same_share(first, second, numbers):
            continue  # site-numbers-differ says which number to write
        yield error(
            second.path,
            f"{second.network} overlaps {first.network} of {first.path}",
            _REMEDY[second.field],
        )


def _same_share(first: Block, second: Block, numbers: dict[str, int]) -> bool:
    number = numbers.get(first.site or "")
    if number is None or number != numbers.get(second.site or ""):
        return False
    return first.network in {
        generated.gre_network(number),
        host_route(generated.far_loopback(number)),
        *generated.inside_networks(number),
    }


@design_check("mcastlab: a site's number is its share of the generated addresses, and 4096 names may meet on one")
def site_numbers_differ(lab: Lab) -> Iterator[Observation]:
    """No two sites take the same share of the generated addresses."""
    taken = {site.number for site in lab.sites}
    free = (number for number in range(generated.SITES) if number not in taken)
    owners: dict[int, str] = {}
    for site in lab.sites:
        owner = owners.setdefault(site.number, site.name)
        if owner != site.name:
            yield error(
                f"sites[{site.name}].number",
                f"{site.number} is also the number of {owner}, from which both take their addresses",
                f"write number: {next(free, 0)}",
            )

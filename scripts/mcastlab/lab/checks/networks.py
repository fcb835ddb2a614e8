"""The address blocks of a lab: which there are, and which of them overlap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mcastlab.lab import generated
from mcastlab.lab.checks.finding import design_check, error, warning
from mcastlab.lab.design.addresses import host_route, loopback_block

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
    """A network of the lab, and where the lab file has it."""

    path: str
    field: str
    network: IPv4Network
    site: str | None = None
    rank: int = 0
    """Its place in the order of the lab file."""


def blocks(lab: Lab) -> Iterator[Block]:
    """Return all networks that routers tell apart, in the order of the lab file.

    Of sites with one number only the first has what is generated from it: `site_numbers_differ` finds the others.
    """
    for rank, block in enumerate(_blocks(lab)):
        yield replace(block, rank=rank)


def _blocks(lab: Lab) -> Iterator[Block]:
    yield Block("vpc.cidr", "cidr", lab.vpc.cidr)
    yield Block("router.loopback", "loopback", loopback_block(lab))
    numbers: set[int] = set()
    for site in lab.sites:
        at, router = f"sites[{site.name}]", site.router
        shared = _share(site.number) if site.number in numbers else frozenset()
        numbers.add(site.number)
        yield Block(f"{at}.router.wan", "wan", router.wan.address.network, site.name)
        yield Block(f"{at}.router.lan", "lan", router.lan.address.network, site.name)
        addressed = [
            Block(f"{at}.router.loopback", "loopback", host_route(router.loopback), site.name),
            Block(f"{at}.gre", "gre", site.gre, site.name),
            *(
                Block(f"{at}.tunnels[{index}]", "tunnels", inside, site.name)
                for index, inside in enumerate(site.tunnels)
            ),
        ]
        yield from (block for block in addressed if block.network not in shared)


def _share(number: int) -> frozenset[IPv4Network]:
    """Return what is generated for sites of a number."""
    return frozenset(
        (
            generated.gre_network(number),
            host_route(generated.remote_loopback(number)),
            *generated.inside_networks(number),
        )
    )


class OpenBlocks:
    """The blocks around a place, in a walk through all blocks in the order of addresses: the widest is the first."""

    def __init__(self) -> None:
        self._open: list[Block] = []

    def innermost(self, network: IPv4Network) -> Block | None:
        """Return the narrowest block around a network, or None."""
        while self._open and self._open[-1].network.broadcast_address < network.network_address:
            self._open.pop()
        return self._open[-1] if self._open else None

    def add(self, block: Block) -> None:
        """Go into a block."""
        self.innermost(block.network)
        self._open.append(block)


def by_address(all_blocks: Iterable[Block]) -> list[Block]:
    """Return blocks in the order of addresses, a wide one before those within it."""
    return sorted(all_blocks, key=lambda each: (int(each.network.network_address), each.network.prefixlen))


def nested(all_blocks: Iterable[Block]) -> Iterator[tuple[Block, Block]]:
    """Return every block that lies within another, with the narrowest such; the lab file's first of both in front.

    Blocks are nested or apart, so that one walk in the order of addresses meets every block that overlaps another.
    """
    listed = list(all_blocks)
    around = OpenBlocks()
    for block in by_address(listed):
        if (outer := around.innermost(block.network)) is not None:
            yield in_document_order(outer, block)
        around.add(block)


def in_document_order(one: Block, other: Block) -> tuple[Block, Block]:
    """Return two blocks, the one that the lab file has first in front."""
    return (one, other) if one.rank < other.rank else (other, one)


@design_check("RFC 4632, section 3.1: a router sends a packet to the longest match, so a block is in one place only")
def networks_do_not_overlap(lab: Lab) -> Iterator[Observation]:
    """VPC, loopbacks, LANs, GRE networks and tunnel insides lie apart."""
    for first, second in nested(block for block in blocks(lab) if block.field != "wan"):
        if {first.path, second.path} != {"vpc.cidr", "router.loopback"}:  # loopback-lies-outside-the-vpc says why
            yield _overlap(first, second)


@design_check("RFC 1812, section 5.2.4.3: a router sends to a connected network directly, whatever it learns of it")
def wan_networks_are_no_others(lab: Lab) -> Iterator[Observation]:
    """A remote router's WAN network is none of its other networks, nor one that lies behind the tunnel."""
    inside, wans = OpenBlocks(), OpenBlocks()
    of_site: dict[str | None, OpenBlocks] = {}
    for block in by_address(blocks(lab)):
        if block.site is None:
            around = inside.innermost(block.network) if block.field == "wan" else wans.innermost(block.network)
        else:
            own = of_site.setdefault(block.site, OpenBlocks()).innermost(block.network)
            around = own if own is not None and "wan" in {own.field, block.field} else None
            if around is None and block.field == "wan":
                around = inside.innermost(block.network)
            elif around is None:
                around = wans.innermost(block.network)
            of_site[block.site].add(block)
        (wans if block.field == "wan" else inside).add(block)
        if around is None:
            continue
        first, second = in_document_order(around, block)
        if None in {first.site, second.site} or first.site == second.site:
            yield _overlap(first, second)
        else:
            wan, other = (first, second) if first.field == "wan" else (second, first)
            yield warning(
                wan.path,
                f"{wan.network} overlaps {other.network} of {other.path}: unicast from {wan.site} to addresses in both "
                "leaves by the WAN interface",
                _REMEDY["wan"],
            )


def _overlap(first: Block, second: Block) -> Observation:
    return error(second.path, f"{second.network} overlaps {first.network} of {first.path}", _REMEDY[second.field])


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

"""What a lab is, in a few lines of text or as plain values."""

from __future__ import annotations

from dataclasses import asdict
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final, Literal

from mcastlab.lab.cost import PRICED_REGION, estimate
from mcastlab.lab.design.addresses import loopback_block
from mcastlab.lab.design.names import LOOPBACK
from mcastlab.lab.design.routers import sender_interfaces
from mcastlab.lab.design.sizes import budget_of, largest_payload, ttl_needed
from mcastlab.text import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcastlab.lab.design.roles import AnyGroup
    from mcastlab.lab.model import Lab, Site

GROUPS_SHOWN: Final = 8
"""Of more, the last is shown."""

ENTRIES_SHOWN: Final = 8
"""Of hosts entries and subnets; of more, the number is shown."""

SITES_SHOWN: Final = 20
"""As many as a terminal shows at once; of more, the number is shown."""


def summary(lab: Lab, width: int | None = None) -> Iterator[str]:
    """Return lines for people: sites, hosts, groups, address plan, sizes, and the price of an hour.

    Args:
        lab: the lab.
        width: columns of the terminal; without one, lines are as long as they are.
    """
    begin = (
        f"{lab.name}: {count(len(lab.host_names), 'host')} in {lab.region}, {count(len(lab.sites), 'remote site')}, "
        + count(len(lab.groups), "group")
        + (f", {count(len(lab.blocks), 'block')} of groups" if lab.blocks else "")
    )
    yield from [begin] if width is None else wrap(begin, width)
    yield ""
    yield from _columns(_about(lab), indent=2, width=width)
    yield ""
    heading = ("remote site", "WAN", "AS", "LAN", "loopback", "GRE", "interface", "VPN tunnels inside", "devices")
    rows = [_about_site(site) for site in lab.sites[:SITES_SHOWN]]
    lines = list(_columns((heading, *rows), indent=2))
    if width is None or max(map(len, lines)) <= width:
        yield from lines
    else:
        for row in rows:
            values = ", ".join(f"{name} {value}" for name, value in zip(heading[1:], row[1:], strict=True))
            yield from _columns([(f"{heading[0]} {row[0]}", values)], indent=2, width=width)
    if len(lab.sites) > SITES_SHOWN:
        devices = sum(len(site.devices) for site in lab.sites[SITES_SHOWN:])
        more = count(len(lab.sites) - SITES_SHOWN, "remote site")
        yield f"  and {more} more with {count(devices, 'device')}; --json prints all"
    yield ""
    yield from _columns(_sizes(lab), indent=2, width=width)


def _about(lab: Lab) -> Iterator[tuple[str, str]]:
    subnets = [f"{subnet.name} {subnet.cidr} in zone {subnet.zone}" for subnet in lab.vpc.subnets[:ENTRIES_SHOWN]]
    if len(lab.vpc.subnets) > ENTRIES_SHOWN:
        subnets.append(f"and {len(lab.vpc.subnets) - ENTRIES_SHOWN} more")
    yield "VPC", f"{lab.vpc.cidr}: {', '.join(subnets)}"
    router = lab.router
    loopback = f"{LOOPBACK} {router.loopback}, the rendezvous point, in {loopback_block(lab)}"
    beside = sender_interfaces(lab)
    further = "".join(f", {each.name} in {each.subnet.name}" for each in beside[:ENTRIES_SHOWN])
    if len(beside) > ENTRIES_SHOWN:
        further += f" and {len(beside) - ENTRIES_SHOWN} more"
    yield "AWS router", f"{router.platform} on {router.instance_type} in {router.subnet}{further}; {loopback}"
    for hosts in lab.hosts[:ENTRIES_SHOWN]:
        yield "hosts", f"{hosts.name}: {hosts.count} x {hosts.instance_type} in {hosts.subnet}"
    if len(lab.hosts) > ENTRIES_SHOWN:
        more = sum(hosts.count for hosts in lab.hosts[ENTRIES_SHOWN:])
        yield "hosts", f"and {count(more, 'host')} more of {len(lab.hosts) - ENTRIES_SHOWN} entries"
    for group in lab.groups[:GROUPS_SHOWN]:
        yield "group", f"{group.name}: {group.address} port {group.port}, {_roles(group)}"
    if len(lab.groups) > GROUPS_SHOWN:
        yield "group", f"and {len(lab.groups) - GROUPS_SHOWN} more, up to {lab.groups[-1].address}"
    for block in lab.blocks:
        live = f"followed by {block.via}, at most {count(block.most_live, 'group')} at one time"
        yield "block", f"{block.name}: {block.address} port {block.port}, {_roles(block)}; {live}"


def _about_site(site: Site) -> tuple[str, ...]:
    nat = f" behind {site.router.public_address}" if site.router.behind_nat else ""
    return (
        site.name,
        f"{site.router.wan.address}{nat}",
        str(site.router.asn),
        str(site.lan),
        str(site.router.loopback),
        str(site.gre),
        site.gre_interface,
        " ".join(str(inside) for inside in site.tunnels),
        str(len(site.devices)),
    )


def _sizes(lab: Lab) -> Iterator[tuple[str, str]]:
    budgets = {budget_of(lab, site): None for site in lab.sites}
    for sizes in budgets:
        yield "MTU", f"ESP ({lab.vpn.encryption}, {lab.vpn.integrity}) {sizes.vpn_mtu}, GRE {sizes.gre_mtu} octets"
    yield "datagrams", f"at most {largest_payload(lab)} octets of UDP payload, TTL {ttl_needed(lab)} or more"
    hour = estimate(lab)
    yield (
        "an hour",
        (
            f"about {hour.usd_per_hour:.2f} USD ({PRICED_REGION}: {', '.join(part for part, _ in hour.parts)}); "
            f"not counted: {', '.join(hour.not_included)}"
        ),
    )


def _roles(group: AnyGroup) -> str:
    return f"{_listed(group.senders)} to {_listed(group.receivers)}"


def _listed(names: tuple[str, ...] | Literal["all"]) -> str:
    if names == "all" or len(names) <= ENTRIES_SHOWN:
        return names if names == "all" else ", ".join(names)
    return f"{', '.join(names[:ENTRIES_SHOWN])} and {len(names) - ENTRIES_SHOWN} more"


def _columns(
    rows: Iterator[tuple[str, ...]] | Sequence[tuple[str, ...]], *, indent: int, width: int | None = None
) -> Iterator[str]:
    """Return rows with their columns aligned; a first column that repeats is reported once, and the last is wrapped."""
    listed = list(rows)
    widths = [max(len(row[column]) for row in listed) for column in range(len(listed[0]))]
    before = ""
    for row in listed:
        first = "" if row[0] == before else row[0]
        before = row[0]
        cells = (cell.ljust(width) for cell, width in zip((first, *row[1:]), widths, strict=True))
        line = (" " * indent + "  ".join(cells)).rstrip()
        behind = " " * min(indent + sum(widths[:-1]) + 2 * len(widths[:-1]), (width or 0) // 3)
        yield from [line] if width is None else wrap(line, width, subsequent_indent=behind, break_on_hyphens=False)


def values(lab: Lab) -> dict[str, Any]:
    """Return the same for machines: the whole document with what is generated, the sizes and the estimate."""
    return {
        "lab": lab.model_dump(mode="json"),
        "largest_udp_payload": largest_payload(lab),
        "ttl_needed": ttl_needed(lab),
        "mtu": {site.name: asdict(budget_of(lab, site)) for site in lab.sites},
        "estimate": asdict(estimate(lab)),
    }

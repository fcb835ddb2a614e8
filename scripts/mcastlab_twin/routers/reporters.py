"""Who reported membership last, which pimd does not tell: a set of nftables keeps it. Reports of version 1 and 2."""

from __future__ import annotations

import json
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from mcastlab_twin.routers import own_reports
from mcastlab_twin.sandbox.process import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SET: Final = "igmp_reporters"
_KEPT_S: Final = 300
"""A little longer than pimd keeps a group that nobody reports any more (RFC 2236 8.4: 260 s)."""


def rules(devices: Iterable[str]) -> Iterator[str]:
    """Yield a set, and the chain that fills it with interface, group and reporter, as part of a table."""
    names = ", ".join(f'"{device}"' for device in devices)
    if not names:
        return
    reported = "igmp type { membership-report-v1, membership-report-v2 }"
    yield f" set {SET} {{"
    yield "  type ifname . ipv4_addr . ipv4_addr"
    yield "  flags dynamic,timeout"
    yield f"  timeout {_KEPT_S}s"
    yield " }"
    yield " chain reports {"
    yield "  type filter hook prerouting priority raw; policy accept;"
    yield own_reports.rule(names)
    yield (
        f"  iifname {{ {names} }} {reported} fib saddr type != local update @{SET} {{ iifname . ip daddr . ip saddr }}"
    )
    yield " }"


async def last(netns: str) -> Mapping[tuple[str, IPv4Address], IPv4Address]:
    """Return the last reporter by interface (kernel name) and group; none where nothing keeps them.

    Raises:
        TimeoutError: nftables did not answer.
    """
    output = await run("nft", "-j", "list", "set", "inet", "router", SET, netns=netns, check=False)
    return parse(output.stdout) if output.code == 0 else {}


def parse(text: str) -> dict[tuple[str, IPv4Address], IPv4Address]:
    """Read ``nft -j list set``: who expires last has reported last."""
    found: dict[tuple[str, IPv4Address], IPv4Address] = {}
    listed = [each["set"] for each in json.loads(text)["nftables"] if "set" in each]
    elements = [each["elem"] for one in listed for each in one.get("elem", ())]
    for element in sorted(elements, key=lambda each: int(each.get("expires", 0))):
        device, group, reporter = element["val"]["concat"]
        found[device, IPv4Address(group)] = IPv4Address(reporter)
    return found

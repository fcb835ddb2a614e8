"""What fits through the tunnels, and how far it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mcastlab.lab.checks.finding import design_check, error, note
from mcastlab.lab.design.sizes import GRE_OVERHEAD, budget_of, ttl_needed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcastlab.lab.checks.finding import Observation
    from mcastlab.lab.model import Lab

SMALLEST_GRE_MTU: Final = 576
"""What every host must be able to receive. Source: RFC 791, section 3.1."""


@design_check("AWS Site-to-Site VPN, Best practices (MTU by algorithm); RFC 2784; AWS Transit Gateway, Multicast")
def datagrams_fit_the_tunnels(lab: Lab) -> Iterator[Observation]:
    """The GRE tunnel's MTU fits into ESP, and what is larger than it allows is lost: fragments are dropped."""
    seen: set[tuple[int, int]] = set()
    for site in lab.sites:
        sizes = budget_of(lab, site)
        if not SMALLEST_GRE_MTU <= sizes.gre_mtu <= sizes.vpn_mtu - GRE_OVERHEAD:
            yield error(
                "vpn", f"GRE's MTU {sizes.gre_mtu} does not fit ESP's {sizes.vpn_mtu}", "choose GCM or SHA2-256"
            )
        if (sizes.vpn_mtu, sizes.gre_mtu) in seen:
            continue
        seen.add((sizes.vpn_mtu, sizes.gre_mtu))
        nat = ", through a NAT" if site.router.behind_nat else ""
        yield note(
            "vpn",
            f"ESP takes {sizes.vpn_mtu} octets{nat}, GRE {sizes.gre_mtu}: a datagram may carry "
            f"{sizes.largest_udp_payload}",
            f"send at most {sizes.largest_udp_payload} octets of payload (iperf -l 1300, not its usual 1470)",
        )


@design_check("RFC 1112, section 6.1: multicast leaves with a TTL of 1 unless its sender says otherwise")
def datagrams_live_long_enough(lab: Lab) -> Iterator[Observation]:
    """Senders give their datagrams a TTL that outlasts the routers on the way."""
    needed = ttl_needed(lab)
    if needed > 1:
        yield note(
            "groups",
            f"{needed - 1} routers are on the longest way, so datagrams need a TTL of {needed} at least",
            "send with a TTL of 32 (iperf -T 32); most senders' own is 1",
        )

"""The budget of octets through ESP and GRE, and the largest datagram that reaches the remote side whole.

The gateway drops multicast fragments, and the router fragments what is larger than the GRE tunnel's IP MTU: so the
largest datagram is what fits that MTU. Sources: AWS Site-to-Site VPN user guide, Best practices for a customer gateway
device; AWS Transit Gateway user guide, Multicast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.roles import Roles

if TYPE_CHECKING:
    from mcastlab.lab.design.roles import AnyGroup
    from mcastlab.lab.model import Lab, Site
    from mcastlab.lab.vpn import VpnOptions

GRE_OVERHEAD: Final = 24
"""Octets: outer IPv4 header and GRE header. Source: RFC 791, section 3.1; RFC 2784, section 2."""

TCP_OVERHEAD: Final = 40
"""Octets: IPv4 and TCP headers without options. Source: RFC 791, RFC 9293."""

UDP_OVERHEAD: Final = 28
"""Octets: IPv4 and UDP headers. Source: RFC 791, RFC 768."""

SAFE_GRE_MTU: Final = 1380
"""Octets that fit through every algorithm that AWS offers: no tunnel is given more, so that a changed algorithm or a
NAT on the way breaks nothing."""

ETHERNET: Final = 1500
"""Octets of an IP packet on the way that AWS's table is for."""
_BLOCK: Final = 16
_VPN_MTU: Final = {
    ("GCM", False): 1446,
    ("GCM", True): 1438,
    ("SHA2-256", False): 1438,
    ("SHA2-256", True): 1422,
    ("SHA2-384", False): 1422,
    ("SHA2-384", True): 1422,
    ("SHA2-512", False): 1422,
    ("SHA2-512", True): 1406,
}
"""AWS's own table: by integrity (or GCM) and NAT traversal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MtuBudget:
    """Sizes in octets."""

    vpn_mtu: int
    """The largest packet that goes into an ESP tunnel whole."""
    gre_mtu: int
    """``ip mtu`` of the GRE tunnel."""

    @property
    def vpn_tcp_mss(self) -> int:
        """``ip tcp adjust-mss`` of the VPN's tunnel interface."""
        return self.vpn_mtu - TCP_OVERHEAD

    @property
    def gre_tcp_mss(self) -> int:
        """``ip tcp adjust-mss`` of the GRE tunnel."""
        return self.gre_mtu - TCP_OVERHEAD

    @property
    def largest_udp_payload(self) -> int:
        """The most that a multicast datagram may carry."""
        return self.gre_mtu - UDP_OVERHEAD


def budget(options: VpnOptions, *, behind_nat: bool, wan_mtu: int = ETHERNET) -> MtuBudget:
    """Return the sizes for a choice of algorithms, with or without NAT traversal, and for the MTU of the way.

    >>> from mcastlab.lab.vpn import VpnOptions
    >>> budget(VpnOptions(), behind_nat=True)
    MtuBudget(vpn_mtu=1422, gre_mtu=1380)
    >>> budget(VpnOptions(), behind_nat=True).largest_udp_payload
    1352
    >>> budget(VpnOptions(), behind_nat=False, wan_mtu=1492)
    MtuBudget(vpn_mtu=1422, gre_mtu=1380)
    """
    kind = "GCM" if options.authenticated else options.integrity
    # What is lacking of AWS's 1500 octets, in whole blocks of the cipher.
    vpn_mtu = _VPN_MTU[kind, behind_nat] - -(-(ETHERNET - wan_mtu) // _BLOCK) * _BLOCK
    return MtuBudget(vpn_mtu=vpn_mtu, gre_mtu=min(SAFE_GRE_MTU, vpn_mtu - GRE_OVERHEAD))


def budget_of(lab: Lab, site: Site) -> MtuBudget:
    """Return the sizes that hold on the way to a site."""
    return budget(lab.vpn, behind_nat=site.router.behind_nat, wan_mtu=site.router.wan_mtu)


def largest_payload(lab: Lab) -> int:
    """Return the most octets that a datagram may carry so as to reach every site whole."""
    return min(budget_of(lab, site).largest_udp_payload for site in lab.sites)


def ttl_needed(lab: Lab) -> int:
    """Return the least TTL that reaches every receiver: one more than the routers on the longest way."""
    roles = Roles(lab)
    return max((_routers_on_the_way(roles, group) for group in lab.entries), default=0) + 1


def _routers_on_the_way(roles: Roles, group: AnyGroup) -> int:
    senders, receivers = roles.sites(group, "senders"), roles.sites(group, "receivers")
    if senders and receivers and (len(senders) > 1 or senders != receivers):
        return 3
    return 2 if roles.enters_vpc(group) or roles.leaves_vpc(group) else 0

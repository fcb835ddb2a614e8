"""The VPN's algorithms, lifetimes and sizes, in AWS's words.

Source: AWS Site-to-Site VPN user guide, Tunnel options; Best practices for a customer gateway device (MTU by
algorithm).
"""

from __future__ import annotations

from typing import Final

ENCRYPTION: Final = "AES256"
INTEGRITY: Final = "SHA2-256"
DH_GROUP: Final = 14
IKE_LIFETIME_S: Final = 28800
IPSEC_LIFETIME_S: Final = 3600

VPN_MTU: Final = 1422
"""Octets: AES-CBC with SHA2-256 behind NAT traversal, the smaller of its two rows; safe with and without NAT."""

GRE_OVERHEAD: Final = 24
"""Octets: outer IPv4 header and GRE header. Source: RFC 2784, section 2; RFC 791."""

GRE_IP_MTU: Final = 1380
"""Octets, at most VPN_MTU - GRE_OVERHEAD = 1398: the value that holds for every algorithm that AWS offers."""

GRE_TCP_MSS: Final = GRE_IP_MTU - 40
"""Octets: without IPv4 and TCP headers."""

VPN_TCP_MSS: Final = VPN_MTU - 40
"""Octets: without IPv4 and TCP headers."""

UDP_OVERHEAD: Final = 28
"""Octets: IPv4 and UDP headers. Source: RFC 791, RFC 768."""

LARGEST_UDP_PAYLOAD: Final = GRE_IP_MTU - UDP_OVERHEAD
"""Octets of UDP payload that reach the far side whole; the gateway drops multicast fragments."""

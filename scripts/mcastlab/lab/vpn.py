"""The VPN's algorithms, lifetimes and sizes, in AWS's words.

Source: AWS Site-to-Site VPN user guide, Tunnel options; Best practices for a customer gateway device (MTU by
algorithm).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, field_validator

from mcastlab_base.frozen import Frozen

AMAZON_SIDE_ASN: Final = 64512
"""The gateway's ASN unless the lab file says otherwise. Source: AWS, CreateTransitGateway, AmazonSideAsn."""

Encryption = Literal["AES128", "AES256", "AES128-GCM-16", "AES256-GCM-16"]
Integrity = Literal["SHA2-256", "SHA2-384", "SHA2-512"]


class VpnOptions(Frozen):
    """What both sides of every tunnel agree on."""

    routing: Literal["bgp"] = "bgp"
    """How routes are announced over the VPN."""
    encryption: Encryption = "AES256"
    """Of both phases, in AWS's words."""
    integrity: Integrity = "SHA2-256"
    """Of phase 1, and of phase 2 unless its encryption authenticates by itself (GCM)."""
    dh_group: Literal[14, 15, 16, 19, 20, 21] = 14
    """The Diffie-Hellman group of both phases."""
    ike_lifetime_s: Annotated[int, Field(ge=900, le=28800)] = 28800
    """Phase 1 lifetime in seconds."""
    ipsec_lifetime_s: Annotated[int, Field(ge=900, le=3600)] = 3600
    """Phase 2 lifetime in seconds."""

    @field_validator("routing", mode="before")
    @classmethod
    def _refuse_static_routing(cls, routing: object) -> object:
        if routing == "static":
            raise ValueError(
                "a static VPN needs routes to its attachment in the gateway's table, and CloudFormation returns no id "
                "of that attachment; leave `routing` out, and the VPN's routes come by BGP and propagation"
            )
        return routing

    @property
    def authenticated(self) -> bool:
        """Whether the encryption authenticates by itself. Source: RFC 4106."""
        return "GCM" in self.encryption

"""What an hour of a lab costs, as far as public prices of us-east-1 say.

Source: AWS price pages for Transit Gateway, Site-to-Site VPN, PrivateLink and EC2 (Linux, on demand), us-east-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.lab.design.addresses import subnet_of_each_zone
from mcastlab.lab.design.names import ssm_services
from mcastlab.lab.design.quotas import resources
from mcastlab.text import count

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab

PRICED_REGION: Final = "us-east-1"

ATTACHMENT_USD: Final = 0.05
"""An hour of a gateway's attachment, of the VPC or of a VPN."""

VPN_USD: Final = 0.05
"""An hour of a VPN connection."""

ENDPOINT_USD: Final = 0.01
"""An hour of an interface endpoint in one zone."""

INSTANCE_USD: Final = {
    "c5.large": 0.085,
    "c5.xlarge": 0.17,
    "c5n.large": 0.108,
    "c5n.xlarge": 0.216,
    "c5n.2xlarge": 0.432,
    "c6i.large": 0.085,
    "c6i.xlarge": 0.17,
    "c6in.large": 0.1134,
    "m5.large": 0.096,
    "m5.xlarge": 0.192,
    "m5n.large": 0.119,
    "m5n.xlarge": 0.238,
    "m6i.large": 0.096,
    "m6i.xlarge": 0.192,
    "t3.micro": 0.0104,
    "t3.small": 0.0208,
    "t3.medium": 0.0416,
    "t3.large": 0.0832,
}

NOT_INCLUDED: Final = ("the routers' licences", "data processed and sent", "disks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An hour's price in US dollars."""

    usd_per_hour: float
    parts: tuple[tuple[str, float], ...]
    """What is in it, and each part's price."""
    not_included: tuple[str, ...]


def estimate(lab: Lab) -> Estimate:
    """Return what an hour of a lab costs, and what that leaves out."""
    use = resources(lab)
    attachments, connections, instances = use.vpcs + use.vpn_connections, use.vpn_connections, use.instances
    endpoints = len(ssm_services(lab.region)) * len(subnet_of_each_zone(lab))
    parts = (
        (f"{attachments} gateway attachments", ATTACHMENT_USD * attachments),
        (count(connections, "VPN connection"), VPN_USD * connections),
        (f"{endpoints} SSM endpoints", ENDPOINT_USD * endpoints),
        *(
            (f"{number} x {kind}", INSTANCE_USD[kind] * number)
            for kind, number in instances.items()
            if kind in INSTANCE_USD
        ),
    )
    unknown = tuple(f"{number} x {kind}" for kind, number in instances.items() if kind not in INSTANCE_USD)
    return Estimate(usd_per_hour=sum(usd for _, usd in parts), parts=parts, not_included=(*unknown, *NOT_INCLUDED))

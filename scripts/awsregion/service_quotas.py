"""Service Quotas: what the account may have, as this region enforces it.

Source: Service Quotas API Reference, ListServiceQuotas; names and codes as the Service Quotas console has them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from awsregion.ec2.errors import AwsError
from awsregion.ec2.quotas import QUOTAS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsregion.ec2.store import Ec2

SERVICE: Final = "servicequotas"
"""What requests to it are signed for."""

_NAMED: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = MappingProxyType(
    {
        "ec2": {
            "customer-gateway": ("L-4FB7FF5D", "Customer gateways per region"),
            "multicast-association": ("L-9F8FA74B", "Multicast domain associations per VPC"),
            "multicast-group-member": ("L-C768F2D6", "Members per transit gateway multicast group"),
            "transit-gateway-attachment": ("L-E0233F82", "Attachments per transit gateway"),
            "transit-gateway-multicast-domain": ("L-31775423", "Multicast domains per transit gateway"),
            "transit-gateway": ("L-A2478D36", "Transit gateways per account"),
            "vpn-connection": ("L-3E6EC3A3", "VPN connections per region"),
        },
        "vpc": {
            "route": ("L-93826ACB", "Routes per route table"),
            "security-group": ("L-E79EC296", "VPC security groups per Region"),
            "security-group-rule": ("L-0EA8095F", "Inbound or outbound rules per security group"),
            "subnet": ("L-407747CB", "Subnets per VPC"),
            "vpc-endpoint": ("L-29B6F2EB", "Interface VPC endpoints per VPC"),
            "vpc": ("L-F678F1CE", "VPCs per Region"),
        },
    }
)
"""By service: what is counted here, with its code and its name there."""


def answer(ec2: Ec2, action: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a request.

    Raises:
        AwsError: there is no such action, service or quota here.
    """
    code = str(asked.get("ServiceCode", ""))
    if code not in _NAMED:
        raise AwsError("NoSuchResourceException", f"The service {code} is not in this region.")
    quotas = [_quota_record(ec2, code, counted) for counted in _NAMED[code]]
    if action == "ListServiceQuotas":
        return {"Quotas": quotas}
    if action == "GetServiceQuota":
        for quota in quotas:
            if quota["QuotaCode"] == asked.get("QuotaCode"):
                return {"Quota": quota}
        raise AwsError("NoSuchResourceException", f"The service {code} has no quota {asked.get('QuotaCode')}.")
    raise AwsError("UnknownOperationException", f"The action {action} is not in this region.")


def _quota_record(ec2: Ec2, service: str, counted: str) -> dict[str, Any]:
    code, name = _NAMED[service][counted]
    return {
        "ServiceCode": service,
        "QuotaCode": code,
        "QuotaName": name,
        "Value": float(ec2.quotas.get(counted, QUOTAS[counted].most)),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }

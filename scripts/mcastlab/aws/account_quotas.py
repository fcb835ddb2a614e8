"""What an account may have, as Service Quotas tells it, and what is taken of it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mcastlab.aws.clients import ec2_filter, list_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcastlab.aws.clients import Clients
    from mcastlab.lab.design.quotas import AccountQuota

STANDARD: Final = re.compile(r"(?:[acdhmrtz]|i[ms]?)\d")
"""How instance types begin that share the quota of virtual CPUs. Source: Amazon EC2 instance type quotas."""

VCPUS: Final = ("ec2", "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances")
"""Service, code and name of the quota of virtual CPUs, of which accounts are given different numbers."""


@dataclass(frozen=True, slots=True)
class AppliedQuotas:
    """The quotas of some services as the account has them, by code and by name in small letters."""

    values: Mapping[tuple[str, str], int]

    def of(self, quota: AccountQuota) -> int | None:
        """Return a quota's value; None where the account does not tell it."""
        if quota.listed is None:
            return None
        service, name = quota.listed
        by_code = None if quota.code is None else self.values.get((service, quota.code))
        return self.values.get((service, name.lower())) if by_code is None else by_code

    @property
    def vcpus(self) -> int | None:
        """The quota of virtual CPUs; None where the account does not tell it."""
        service, code, name = VCPUS
        by_code = self.values.get((service, code))
        return self.values.get((service, name.lower())) if by_code is None else by_code


def applied_quotas(clients: Clients, service: str) -> dict[tuple[str, str], int]:
    """Return the account's quotas of a service; see `AppliedQuotas`."""
    found: dict[tuple[str, str], int] = {}
    for quota in list_all(clients.service_quotas, "list_service_quotas", "Quotas", ServiceCode=service):
        for key in (quota.get("QuotaCode"), quota["QuotaName"].lower()):
            if key:
                found[service, key] = int(quota["Value"])
    return found


def running_vcpus(clients: Clients) -> int:
    """Return the virtual CPUs of the instances of standard families that run."""
    alive = ec2_filter("instance-state-name", ["pending", "running"])
    instances = list_all(clients.ec2, "describe_instances", "Reservations", "Instances", Filters=alive)
    return vcpus(clients, Counter(each["InstanceType"] for each in instances))


def vcpus(clients: Clients, kinds: Mapping[str, int]) -> int:
    """Return the virtual CPUs of so many instances of each type, as far as they share the quota."""
    standard = sorted(kind for kind in kinds if STANDARD.match(kind))
    if not standard:
        return 0
    answer = clients.ec2.describe_instance_types(InstanceTypes=standard)  # type: ignore[arg-type]  # may be newer
    each = {str(kind["InstanceType"]): kind["VCpuInfo"]["DefaultVCpus"] for kind in answer["InstanceTypes"]}
    return sum(each.get(kind, 0) * kinds[kind] for kind in standard)


def _alive(entries: list[Any]) -> int:
    return sum(str(entry["State"]).removesuffix("-complete") not in _GONE for entry in entries)


_GONE: Final = frozenset({"deleted", "deleting", "delete", "delete-in-progress"})

TAKEN: Final[Mapping[str, Callable[[Clients], int]]] = {
    "VPCs per Region": lambda clients: len(clients.ec2.describe_vpcs()["Vpcs"]),
    "Transit gateways per account": lambda clients: _alive(clients.ec2.describe_transit_gateways()["TransitGateways"]),
    "Customer gateways per Region": lambda clients: _alive(
        clients.ec2.describe_customer_gateways()["CustomerGateways"]
    ),
    "Site-to-Site VPN connections per Region": lambda clients: _alive(
        clients.ec2.describe_vpn_connections()["VpnConnections"]
    ),
    "EC2 Instance Connect Endpoints per Region": lambda clients: _alive(
        list_all(clients.ec2, "describe_instance_connect_endpoints", "InstanceConnectEndpoints")
    ),
}
"""How much of a quota is taken; of the others, which are of what is made anew with each lab, nothing is."""

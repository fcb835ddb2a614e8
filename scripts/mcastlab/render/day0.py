"""What machines are given at first boot. No secret is in it: an instance's user data can be read by many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcastlab.lab.design.names import AWS_ROUTER
from mcastlab.lab.design.routers import sender_interfaces
from mcastlab.render.engine import render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address

    from mcastlab.lab.model import Lab


@dataclass(frozen=True, slots=True, kw_only=True)
class DayZeroPort:
    """An interface that the image does not open by itself, with the address that AWS gives it."""

    interface: str
    address: str
    """Known at deployment: a reference of the template."""
    netmask: IPv4Address


def router_user_data(lab: Lab, addresses: Mapping[str, str] | None = None) -> str:
    """Return the AWS router's user data in its platform's format: lines as they are, or numbered one by one.

    `addresses` are those of the router's interfaces beside its first one, by subnet. They are not taken by DHCP, which
    would bring a default route by each.
    """
    ports = [
        DayZeroPort(interface=each.name, address=(addresses or {})[each.subnet.name], netmask=each.subnet.cidr.netmask)
        for each in sender_interfaces(lab)
    ]
    values = {"hostname": AWS_ROUTER, "lab": lab, "ports": ports}
    lines = [line.strip() for line in render("parts/day0.j2", values).splitlines()]
    return render(f"day0_{lab.router.platform}.j2", {**values, "lines": lines})


def host_user_data() -> str:
    """Return the user data of a virtual-device host: a shell script that makes it an IGMPv2 host, now and at boot."""
    return render("day0_host.j2", {})

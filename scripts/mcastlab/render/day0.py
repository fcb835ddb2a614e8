"""What machines are given at first boot. No secret is in it: an instance's user data can be read by many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.lab.design.names import AWS_ROUTER
from mcastlab.render.engine import render

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab


def router_user_data(lab: Lab) -> str:
    """Return the AWS router's user data in its platform's format: lines as they are, or numbered one by one."""
    values = {"hostname": AWS_ROUTER, "lab": lab}
    lines = [line.strip() for line in render("parts/day0.j2", values).splitlines()]
    return render(f"day0_{lab.router.platform}.j2", {**values, "lines": lines})


def host_user_data() -> str:
    """Return the user data of a virtual-device host: a shell script that makes it an IGMPv2 host, now and at boot."""
    return render("day0_host.j2", {})

"""What machines are given at first boot. No secret is in it: an instance's user data can be read by many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcastlab.render.engine import render

if TYPE_CHECKING:
    from mcastlab.lab.model import Lab


def router_user_data(lab: Lab) -> str:
    """Return the AWS router's user data in the Catalyst 8000V's format.

    Source: Cisco, Deploying Catalyst 8000V on AWS, Day 0 configuration.
    """
    return render("day0_c8000v.j2", {"hostname": "aws-router", "lab": lab})


def host_user_data() -> str:
    """Return the user data of a virtual-device host: a shell script that makes it an IGMPv2 host, now and at boot."""
    return render("day0_host.j2", {})

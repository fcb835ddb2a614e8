"""Breaks of which rendezvous point a router has."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from verify.broken import RP, Case
from verify.sound import with_router, without_lines

POINTS: Final = (
    Case(
        "another RP",
        lambda s: with_router(
            s,
            "oslo",
            lambda view: replace(
                view, rp_mappings=(replace(view.rp_mappings[0], rp=IPv4Address("10.9.9.9")),), pim_tunnels=()
            ),
        ),
        ("rendezvous_point_differs",),
        ("rendezvous_point",),
        ("10.9.9.9", RP),
    ),
    Case(
        "an RP by BSR",
        lambda s: with_router(
            s,
            "oslo",
            lambda view: replace(
                view,
                rp_mappings=(
                    *view.rp_mappings,
                    replace(
                        view.rp_mappings[0],
                        rp=IPv4Address("10.9.9.9"),
                        groups=IPv4Network("224.0.0.0/4"),
                        access_list="",
                        static=False,
                    ),
                ),
            ),
        ),
        ("rendezvous_point_differs",),
        ("rendezvous_point",),
        ("10.9.9.9", f"ip pim rp-address {RP} MCASTLAB-GROUPS override"),
    ),
    Case(
        "a group that the access list leaves out",
        lambda s: with_router(s, "bergen", without_lines("permit 239.40.0.2")),
        ("rendezvous_point_differs",),
        ("rendezvous_point",),
        ("no rendezvous point for 239.40.0.2", "permit 239.40.0.2"),
    ),
)

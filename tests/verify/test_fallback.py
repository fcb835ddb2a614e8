"""While the VPN is down, GRE goes nowhere by our own route, and that is no fault of a route."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

import pytest
from verify.broken import SNAPSHOT
from verify.sound import with_router

from mcastlab.ios.show.routing import RouteTo
from mcastlab.verify.checks import run_checks
from mcastlab.verify.checks.diagnosis import RootCause


@pytest.mark.parametrize(("distance", "faulty"), [(250, False), (1, True)])
def test_only_a_route_of_the_owners_to_nowhere_is_diagnosed(distance: int, faulty: bool) -> None:  # noqa: FBT001  (a parameter)
    end = SNAPSHOT.lab.router.loopback
    nowhere = RouteTo(
        prefix=IPv4Network((end, 28), strict=False),
        known_via="static",
        distance=distance,
        next_hops=(),
        interfaces=("Null0",),
    )
    found = run_checks(with_router(SNAPSHOT, "oslo", lambda view: replace(view, routes={**view.routes, end: nowhere})))
    assert (RootCause.GRE_END_ELSEWHERE in {each.key for each in found.diagnoses}) is faulty


def test_the_fallback_is_part_of_every_remote_router_and_of_no_aws_router() -> None:
    for router in SNAPSHOT.routers.values():
        lines = [
            text for _, text, target in router.static_lines("route", SNAPSHOT.lab.router.loopback) if target == "Null0"
        ]
        assert len(lines) == (0 if router.site is None else 1)
        assert all(line.endswith(" Null0 250") for line in lines)

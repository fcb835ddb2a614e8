"""Sizes against what was written by hand from AWS's table and the headers' lengths."""

from __future__ import annotations

import pytest
from lab.design.oracle import lab

from mcastlab.lab.design.sizes import budget_of, largest_payload, ttl_needed

BUDGETS = {
    # ESP takes 1438 octets with AES-256 and SHA2-256, 1422 behind a NAT; every algorithm lets GRE have 1380.
    "default": {"lab": (1438, 1398, 1380, 1340, 1352)},
    "three_zones": {"berlin": (1438, 1398, 1380, 1340, 1352)},
    "behind_nat": {"berlin": (1422, 1382, 1380, 1340, 1352), "lyon": (1438, 1398, 1380, 1340, 1352)},
}

LEAST_TTL = {
    # The AWS router and one remote router; between two sites one more.
    "default": 3,
    "three_zones": 3,
    "behind_nat": 4,
}


@pytest.mark.parametrize("name", BUDGETS)
def test_octets_are_the_ones_that_are_expected(name: str) -> None:
    found = {}
    for site in lab(name).sites:
        sizes = budget_of(lab(name), site)
        found[site.name] = (
            sizes.vpn_mtu,
            sizes.vpn_tcp_mss,
            sizes.gre_mtu,
            sizes.gre_tcp_mss,
            sizes.largest_udp_payload,
        )
    assert found == BUDGETS[name]
    assert largest_payload(lab(name)) == 1352


@pytest.mark.parametrize("name", LEAST_TTL)
def test_least_ttl_is_the_one_that_is_expected(name: str) -> None:
    assert ttl_needed(lab(name)) == LEAST_TTL[name]

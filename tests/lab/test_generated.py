"""The generated address plan: each site's share is its own, and stays when others come or go."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from documents import lab_with
from hypothesis import assume, given
from hypothesis import strategies as st

from mcastlab.lab import generated

if TYPE_CHECKING:
    from mcastlab.lab.model import Site

NAMES = st.from_regex(r"\A[a-z][a-z0-9-]{0,12}[a-z0-9]\Z")
NUMBERS = st.integers(0, generated.SITES - 1)


def site(name: str, index: int) -> dict[str, Any]:
    return {
        "name": name,
        "router": {"ssh": f"router-{index}", "wan": "203.0.113.2/30", "lan": f"192.168.{index}.1/24"},
        "devices": [{"name": f"phone-{index}", "address": f"192.168.{index}.20"}],
    }


def plan(names: list[str]) -> dict[str, tuple[object, ...]]:
    lab = lab_with({"sites": [site(name, index) for index, name in enumerate(names)]})
    return {each.name: share(each) for each in lab.sites}


def share(each: Site) -> tuple[object, ...]:
    return (each.number, each.gre, each.gre_tunnel, each.tunnels, each.router.loopback)


@given(st.lists(NAMES, min_size=2, max_size=6, unique=True), st.data())
def test_sites_keep_their_addresses_when_others_come_go_or_move(names: list[str], data: st.DataObject) -> None:
    fewer = data.draw(st.permutations(names)).copy()[1:]
    whole, rest = plan(names), plan(fewer)
    assert rest == {name: whole[name] for name in fewer}


@given(NUMBERS, NUMBERS)
def test_no_two_numbers_share_an_address(one: int, other: int) -> None:
    assume(one != other)
    assert not generated.gre_network(one).overlaps(generated.gre_network(other))
    assert generated.gre_tunnel(one) != generated.gre_tunnel(other)
    assert generated.remote_loopback(one) != generated.remote_loopback(other)
    for inside in generated.inside_networks(one):
        assert not any(inside.overlaps(taken) for taken in generated.inside_networks(other))


@given(NUMBERS)
def test_shares_stay_within_their_spaces_and_clear_of_what_aws_keeps(number: int) -> None:
    assert generated.gre_network(number).subnet_of(generated.GRE_SPACE)
    assert generated.remote_loopback(number) in generated.LOOPBACK_SPACE
    kept = [IPv4Network(f"169.254.{third}.0/30") for third in range(6)] + [IPv4Network("169.254.169.252/30")]
    first, second = generated.inside_networks(number)
    assert not first.overlaps(second)
    for inside in (first, second):
        assert inside.subnet_of(IPv4Network("169.254.0.0/16"))
        assert inside not in kept
    assert generated.gre_tunnel(number) not in {*range(10), *generated.VPN_TUNNELS}

"""Wait until the routers work together: VPN and BGP, GRE, PIM."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.errors import TimedOutError
from mcastlab.ios.secrets import masked_answer
from mcastlab.ios.show.multicast import pim_neighbors
from mcastlab.ios.show.tables import UnreadableError
from mcastlab.ios.show.vpn import bgp_peers
from mcastlab.lab.design.addresses import gre_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from ipaddress import IPv4Address

    from mcastlab.facts import Facts
    from mcastlab.lab.model import Lab
    from mcastlab.ports import RouterSession

POLL_S: Final = 0.2
TIMEOUT_S: Final = 60.0

NEIGHBOURS: Final = "show ip pim neighbor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that a router's answer must show."""

    router: str
    what: str
    command: str
    holds: Callable[[str], bool]
    """Reads the answer; raises `UnreadableError` for one that is not the command's."""


def conditions(lab: Lab, facts: Facts, *, aws_router: str, far_routers: Mapping[str, str]) -> tuple[Condition, ...]:
    """Return what must hold before multicast can flow, in the order in which it comes true.

    Args:
        lab: the lab.
        facts: what deployment made of it.
        aws_router: the AWS router's name in reports.
        far_routers: the far routers' names by site.
    """
    found: list[Condition] = []
    for site in lab.sites:
        near, far = gre_addresses(site)
        interface = site.gre_interface
        router = far_routers[site.name]
        neighbours = (tunnel.aws_address.ip for tunnel in facts.sites[site.name].tunnels)
        found += [
            *(_bgp(router, neighbour) for neighbour in neighbours),
            _pim(router, interface, near.ip),
            _pim(aws_router, interface, far.ip),
        ]
    return tuple(found)


def _bgp(router: str, neighbour: IPv4Address) -> Condition:
    return Condition(
        router=router,
        what=f"BGP with {neighbour} through the VPN",
        command="show ip bgp summary",
        holds=lambda answer: any(peer.address == neighbour and peer.prefixes for peer in bgp_peers(answer)),
    )


def _pim(router: str, interface: str, neighbour: IPv4Address) -> Condition:
    return Condition(
        router=router,
        what=f"PIM neighbour {neighbour} on {interface}",
        command=NEIGHBOURS,
        holds=lambda answer: any(
            (each.address, each.interface) == (neighbour, interface) for each in pim_neighbors(answer)
        ),
    )


def await_conditions(
    sessions: Mapping[str, RouterSession],
    wanted: tuple[Condition, ...],
    *,
    progress: Callable[[str], None],
    timeout_s: float = TIMEOUT_S,
) -> None:
    """Ask the routers until every condition holds.

    Args:
        sessions: a session for each router, by its name in reports.
        wanted: the conditions, one after the other.
        progress: told what is being waited for.
        timeout_s: seconds for all of them together.

    Raises:
        TimedOutError: one does not hold in time; the text holds the router's last answer.
        UnreadableError: a router answers what its command does not answer.
    """
    deadline = time.monotonic() + timeout_s
    for condition in wanted:
        progress(f"{condition.router} is to have {condition.what}")
        while True:
            answer = sessions[condition.router].show(condition.command)
            if _holds(condition, answer):
                break
            if time.monotonic() > deadline:
                raise TimedOutError(
                    f"{condition.router}: no {condition.what} within {timeout_s:g} s; "
                    f"{condition.command!r} last said:\n{masked_answer(answer.strip()) or '(nothing)'}",
                    hint="the first condition that fails names the layer: VPN and BGP, then GRE and PIM",
                )
            time.sleep(POLL_S)


def _holds(condition: Condition, answer: str) -> bool:
    try:
        return condition.holds(answer)
    except UnreadableError as error:
        raise error.of(condition.router) from None

"""A router's tunnels and neighbours, before a change and after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.ios.refusals import refusal_in
from mcastlab.ios.secrets import masked_message
from mcastlab.ios.show.multicast import pim_neighbors
from mcastlab.ios.show.system import interfaces_brief
from mcastlab.ios.show.vpn import BGP_OFF, bgp_peers
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from mcastlab.ios.configuration import Tree
    from mcastlab.ports import RouterSession

COMMANDS: Final = ("show ip interface brief", "show ip pim neighbor", "show ip bgp summary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What is up: tunnels, PIM neighbours with their interface, established BGP neighbours."""

    tunnels: frozenset[str] = frozenset()
    pim: frozenset[tuple[IPv4Address, str]] = frozenset()
    bgp: frozenset[IPv4Address] = frozenset()


def read_health(session: RouterSession) -> Health:
    """Ask a router for its tunnels and neighbours.

    Raises:
        RefusedError: it does not answer one of `COMMANDS`.
    """
    return health_of(*ask(session, *COMMANDS))


def ask(session: RouterSession, *commands: str) -> tuple[str, ...]:
    """Return what show commands print, asked for in one write.

    Raises:
        RefusedError: the router refuses one.
    """
    answers = session.show_all(*commands)
    for command, answer in zip(commands, answers, strict=True):
        refusal = refusal_in(answer)
        # BGP that is not configured is no refusal: there are no neighbours.
        if refusal is not None and BGP_OFF not in answer:
            raise RefusedError(
                f"{session.router} refuses {command!r}: {masked_message(refusal)}",
                hint="the user needs privilege level 15",
            )
    return answers


def health_of(brief: str, pim: str, bgp: str) -> Health:
    """Read the answers to `COMMANDS`.

    Raises:
        UnreadableError: one is not what the command answers.
    """
    return Health(
        tunnels=frozenset(
            each.name for each in interfaces_brief(brief) if each.protocol_up and each.name.startswith("Tunnel")
        ),
        pim=frozenset((each.address, each.interface) for each in pim_neighbors(pim)),
        bgp=frozenset(each.address for each in bgp_peers(bgp) if each.prefixes is not None),
    )


def lost(before: Health, now: Health, goal: Tree) -> tuple[str, ...]:
    """Return what was up and is not any more, but for what the wanted configuration takes out itself."""
    kept = {line.text.removeprefix("interface "): line for line in goal if line.text.startswith("interface ")}
    with_pim = {name for name, line in kept.items() if any(each.text.startswith("ip pim ") for each in line.below)}
    neighbours = {
        each.text.split()[1]
        for line in goal
        if line.text.startswith("router bgp ")
        for each in line.below
        if each.text.startswith("neighbor ")
    }
    return (
        *(f"{name} is down" for name in sorted(before.tunnels - now.tunnels) if name in kept),
        *(
            f"PIM neighbour {address} on {interface} is lost"
            for address, interface in sorted(before.pim - now.pim)
            if interface in with_pim
        ),
        *(f"BGP neighbour {address} is lost" for address in sorted(before.bgp - now.bgp) if str(address) in neighbours),
    )

"""What is up on a router, its owner's too, before a change and after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mcastlab.ios.refusals import refusal_in
from mcastlab.ios.secrets import masked_message
from mcastlab.ios.show.multicast import pim_neighbors, rp_mappings
from mcastlab.ios.show.routing import static_routes
from mcastlab.ios.show.system import interfaces_brief
from mcastlab.ios.show.vpn import BGP_OFF, bgp_peers, ikev2_sas, isakmp_peers
from mcastlab.routers.line_answers import raise_asked
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from mcastlab.ios.configuration import Tree
    from mcastlab.ports import RouterSession

_UNKNOWN: Final = "Invalid input"
RP_MAPPING: Final = "show ip pim rp mapping"
_MAY_BE_MISSING: Final = ("show crypto ikev2 sa", "show crypto isakmp sa")
"""Commands that an image without encryption does not know."""
COMMANDS: Final = (
    "show ip interface brief",
    "show ip pim neighbor",
    "show ip bgp summary",
    *_MAY_BE_MISSING,
    "show ip route static",
    RP_MAPPING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What is up.

    Tunnels, PIM neighbours with their interface, established BGP neighbours, peers with which there are security
    associations, static routes with where they lead, and rendezvous points with what they serve.
    """

    tunnels: frozenset[str] = frozenset()
    pim: frozenset[tuple[IPv4Address, str]] = frozenset()
    bgp: frozenset[IPv4Address] = frozenset()
    peers: frozenset[IPv4Address] = frozenset()
    routes: frozenset[tuple[str, str]] = frozenset()
    points: frozenset[tuple[IPv4Address, str]] = frozenset()


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
    known: list[str] = []
    for command, answer in zip(commands, answers, strict=True):
        refusal = refusal_in(answer)
        if refusal is not None and command in _MAY_BE_MISSING and _UNKNOWN in refusal:
            known.append("")
            continue
        if refusal is not None and known:
            # What a router asks, the next command answers.
            raise_asked(session.router, commands[len(known) - 1], "\n".join(known[-1].splitlines()[-3:]))
        known.append(answer)
        # BGP that is not configured is no refusal: there are no neighbours.
        if refusal is not None and BGP_OFF not in answer:
            raise RefusedError(
                f"{session.router} refuses {command!r}: {masked_message(refusal)}",
                hint="the user needs privilege level 15",
            )
    return tuple(known)


def health_of(*answers: str) -> Health:
    """Read the answers to `COMMANDS`.

    Raises:
        UnreadableError: one is not what the command answers.
    """
    brief, pim, bgp, ikev2, isakmp, static, mapping = answers
    return Health(
        tunnels=frozenset(
            each.name for each in interfaces_brief(brief) if each.protocol_up and each.name.startswith("Tunnel")
        ),
        pim=frozenset((each.address, each.interface) for each in pim_neighbors(pim)),
        bgp=frozenset(each.address for each in bgp_peers(bgp) if each.prefixes is not None),
        peers=frozenset((*(each.remote for each in ikev2_sas(ikev2) if each.ready), *isakmp_peers(isakmp))),
        routes=frozenset(static_routes(static)),
        points=frozenset((each.rp, str(each.groups or each.access_list)) for each in rp_mappings(mapping)),
    )


def lost(before: Health, now: Health, goal: Tree, running: Tree = ()) -> tuple[str, ...]:
    """Return what was up and is not any more, but for what the wanted configuration takes out itself.

    Args:
        before: what was up before the change.
        now: what is up.
        goal: the wanted configuration.
        running: the previous configuration; an address that it names and the wanted one does not is taken out.
    """
    taken = _words(running) - _words(goal)
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
        *(
            f"the security association with {address} is lost"
            for address in sorted(before.peers - now.peers)
            if str(address) not in taken
        ),
        *(
            f"the static route to {prefix} by {way} is lost"
            for prefix, way in sorted(before.routes - now.routes)
            if prefix.partition("/")[0] not in taken
        ),
        *(
            f"the rendezvous point {point} of {groups} is lost"
            for point, groups in sorted(before.points - now.points)
            if str(point) not in taken and groups not in taken
        ),
    )


def _words(tree: Tree) -> set[str]:
    return {word for top in tree for _, line in top.walk() for word in line.text.split()}

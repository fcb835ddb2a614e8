"""A router, observed by its own show commands, all asked in one write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mcastlab.ios.configuration import parse, shown_configuration, shown_tree
from mcastlab.ios.secrets import masked_answer
from mcastlab.ios.show import igmp, multicast, routing, system, vpn
from mcastlab.ios.show.tables import UnreadableError
from mcastlab.text import last_line
from mcastlab.verify.observe.rates import counts_of, rates_since
from mcastlab.verify.snapshot.routers import ObservedRouter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from ipaddress import IPv4Address

    from mcastlab.ios.configuration import Tree
    from mcastlab.ports import RouterSession
    from mcastlab_base.secret import Secret

RUNNING: Final = "show running-config"
_KEY: Final = re.compile(r"pre-shared-key (?:(?:local|remote) )?(?:0 )?(?P<key>\S+)")
"""A keyring's key in clear: one for both directions, or one for each. Type 6 says nothing of what it hides."""
NO_MULTICAST: Final = "IP Multicast Forwarding is not enabled"

_READERS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "version": ("show version", system.version),
    "throughput_kbits": ("show platform hardware throughput level", system.throughput_kbits),
    "interfaces": ("show ip interface brief", system.interfaces_brief),
    "ikev2": ("show crypto ikev2 sa", vpn.ikev2_sas),
    "bgp": ("show ip bgp summary", vpn.bgp_peers),
    "pim_interfaces": ("show ip pim interface", multicast.pim_interfaces),
    "pim_neighbors": ("show ip pim neighbor", multicast.pim_neighbors),
    "rp_mappings": ("show ip pim rp mapping", multicast.rp_mappings),
    "pim_tunnels": ("show ip pim tunnel", multicast.pim_tunnels),
    "igmp_interfaces": ("show ip igmp interface", igmp.igmp_interfaces),
    "igmp_groups": ("show ip igmp groups", igmp.igmp_groups),
    "mroutes": ("show ip mroute", lambda text: () if NO_MULTICAST in text else multicast.mroutes(text)),
    "mroute_counts": (
        "show ip mroute count",
        lambda text: () if NO_MULTICAST in text else multicast.mroute_counts(text),
    ),
}
"""Which command fills which field, and what reads it."""

EVERYTHING: Final = frozenset(_READERS)
"""Every field that a show command fills."""


def observe_router(
    session: RouterSession,
    *,
    site: str | None,
    fields: frozenset[str] = EVERYTHING,
    before: ObservedRouter | None = None,
    rpf_of: Iterable[IPv4Address] = (),
    routes_to: Iterable[IPv4Address] = (),
    keys: Mapping[str, Secret] | None = None,
    pings: Mapping[str, str] | None = None,
    tunnels: Sequence[str] = (),
) -> ObservedRouter:
    """Return what a router shows.

    Args:
        session: a session on it.
        site: its site, None for the AWS router.
        fields: those to fill, of `EVERYTHING`.
        before: what was observed of it before, whose configuration is taken as it was.
        rpf_of: the addresses whose reverse path is asked for.
        routes_to: the addresses whose unicast route is asked for.
        keys: the pre-shared key that each VPN endpoint has, by its outside address; compared and not kept.
        pings: the pings to send, by field: ``underlay``, ``overlay``.
        tunnels: the interfaces whose packet rates are measured, for about a second.

    Raises:
        RefusedError: the session is lost.
        TimedOutError: the prompt did not come back.
    """
    pings = pings or {}
    shows = {name: reader for name, reader in _READERS.items() if name in fields}
    reverse = {f"show ip rpf {address}": address for address in sorted(set(rpf_of))}
    routes = {f"show ip route {address}": address for address in sorted(set(routes_to))}
    commands = (
        *(() if before else (RUNNING,)),
        *(command for command, _ in shows.values()),
        *reverse,
        *routes,
        *pings.values(),
    )
    counts = counts_of(session, tunnels)
    answers = dict(zip(commands, session.show_all(*commands), strict=True))
    unread: dict[str, str] = {}

    def read(command: str, reader: Callable[[str], Any]) -> Any:
        try:
            return reader(answers[command])
        except UnreadableError as error:
            unread[command] = masked_answer(str(error))
            return None

    def read_each(asked: Mapping[str, IPv4Address], reader: Callable[[str], Any]) -> dict[IPv4Address, Any]:
        found = {address: read(command, reader) for command, address in asked.items()}
        return {address: found[address] for command, address in asked.items() if command not in unread}

    if before:
        configuration: dict[str, Any] = {"running": before.running, "tree": before.tree, "keys": before.keys}
    else:
        configuration = _configuration(answers[RUNNING], unread, keys or {})
    read_fields = {name: read(command, reader) for name, (command, reader) in shows.items()}
    return ObservedRouter(
        name=session.router,
        site=site,
        **configuration,
        **{name: value for name, value in read_fields.items() if value is not None},
        **{name: read(command, system.ping) for name, command in pings.items()},
        rpf=read_each(reverse, multicast.rpf),
        routes=read_each(routes, routing.route_to),
        rates=rates_since(counts, session, tunnels),
        unread=unread,
    )


def _configuration(answer: str, unread: dict[str, str], keys: Mapping[str, Secret]) -> dict[str, Any]:
    """Return the fields that the running configuration fills."""
    if last_line(answer).strip() != "end":
        # Half of a configuration, or a refusal, would be taken for a router that lacks the rest.
        unread[RUNNING] = "the router does not show its whole running configuration: the user needs privilege level 15"
        answer = ""
    tree = parse(answer)
    return {"running": shown_configuration(answer), "tree": shown_tree(tree), "keys": _same_keys(tree, keys)}


def _same_keys(tree: Tree, keys: Mapping[str, Secret]) -> dict[str, bool]:
    """Say of each key that the router shows in clear whether it is the one that its peer has."""
    same: dict[str, bool] = {}
    for top in tree:
        if not top.text.startswith("crypto ikev2 keyring "):
            continue
        for peer in top.below:
            texts = [line.text for line in peer.below]
            address = next((text.split()[1] for text in texts if text.startswith("address ")), "")
            shown = [found["key"] for text in texts if (found := _KEY.fullmatch(text))]
            if shown and address in keys:
                same[address] = all(key == keys[address].reveal() for key in shown)
    return same

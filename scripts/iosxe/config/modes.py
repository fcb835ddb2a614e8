"""The configuration modes: their prompts, and their rows in the order in which IOS prints them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from iosxe.config import (
    access,
    access_lists,
    bgp,
    crypto,
    igp,
    interfaces,
    isakmp,
    policies,
    routing,
    services,
)
from iosxe.config.node import Form, Row
from iosxe.grammar.pattern import parse
from iosxe.grammar.trie import Grammar
from iosxe.grammar.unsupported_keywords import GHOSTS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Gap:
    """A ``!`` between blocks of lines."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a line in configuration mode means: a row and its form, or a verb: ``exit``, ``end``, ``do``."""

    row: Row | None
    form: Form = "set"
    verb: str = ""


@dataclass(frozen=True, slots=True)
class Mode:
    """A configuration mode."""

    name: str
    prompt: str
    rows: tuple[Row | Gap, ...]
    grammar: Grammar[Meaning] = field(repr=False, compare=False)
    rank: Mapping[str, int] = field(repr=False, compare=False)
    """The place of each row by its pattern."""
    of_pattern: Mapping[str, Row] = field(repr=False, compare=False)
    """The rows by their patterns."""
    spoken: tuple[tuple[int, Row], ...] = field(repr=False, compare=False)
    """The rows, with their places, of which something is printed where nothing is set."""


GAP: Final = Gap()

_GLOBAL: Final[tuple[Row | Gap, ...]] = (
    *access.SYSTEM,
    *services.SERVICES,
    GAP,
    *access.NAMES,
    GAP,
    *access.BOOT,
    GAP,
    *services.LOGGING,
    *access.ENABLE,
    *crypto.PASSWORDS,
    GAP,
    *access.AAA,
    *services.CLOCK,
    GAP,
    *access.DOMAIN,
    *services.NAMES,
    *routing.MULTICAST,
    GAP,
    *access.LOGIN,
    GAP,
    *services.CHASSIS,
    *access.LICENSE,
    *access.FILES,
    GAP,
    access.ARCHIVE_SECTION,
    *access.USERS,
    *access.KEYS,
    GAP,
    *access.REDUNDANCY,
    *policies.SLA,
    *isakmp.SECTIONS,
    *crypto.SECTIONS,
    *crypto.GLOBALS,
    GAP,
    *crypto.IPSEC,
    *interfaces.SECTIONS,
    *igp.SECTIONS,
    bgp.BGP_SECTION,
    *access.HTTP,
    *services.SENDERS,
    *policies.NAT,
    *routing.PIM,
    *routing.ROUTES,
    *access.SSH,
    GAP,
    *access_lists.SECTIONS,
    GAP,
    *policies.PREFIXES,
    *policies.PROBES,
    *services.TAIL,
    *access_lists.NUMBERED,
    GAP,
    *policies.ROUTE_MAPS,
    *access.CONTROL_PLANE,
    access.BANNER,
    access.PROMPT,
    GAP,
    *access.LINES,
    GAP,
    *services.NTP,
    GAP,
)
ADDRESS_FAMILY: Final = Row(
    pattern="address-family ipv4 / [unicast]", enters="bgp-family", text=lambda _args: "address-family ipv4"
)
FAMILY: Final = (
    bgp.BGP_FAMILY_NETWORK,
    *bgp.BGP_FAMILY_KEPT,
    *bgp.BGP_FAMILY_NEIGHBOR,
    bgp.BGP_FAMILY_PATHS,
)
"""What stands in the address family where the configuration has one, and in the router section where not."""

_ROWS: Final[Mapping[str, tuple[str, tuple[Row | Gap, ...]]]] = {
    "config": ("config", _GLOBAL),
    "interface-loopback": ("config-if", interfaces.LOOPBACK),
    "interface-tunnel": ("config-if", interfaces.TUNNEL),
    "interface-ethernet": ("config-if", interfaces.ETHERNET),
    "interface-port": ("config-if", interfaces.PORT),
    "interface-part": ("config-subif", interfaces.PORT),
    "ikev2-proposal": ("config-ikev2-proposal", crypto.PROPOSAL),
    "ikev2-policy": ("config-ikev2-policy", crypto.POLICY),
    "ikev2-keyring": ("config-ikev2-keyring", crypto.KEYRING),
    "ikev2-peer": ("config-ikev2-keyring-peer", crypto.PEER),
    "ikev2-profile": ("config-ikev2-profile", crypto.PROFILE),
    "transform-set": ("cfg-crypto-trans", crypto.TRANSFORM),
    "ipsec-profile": ("ipsec-profile", crypto.IPSEC_PROFILE),
    "router-bgp": (
        "config-router",
        (
            *bgp.BGP,
            *bgp.BGP_KEPT,
            bgp.BGP_FAMILY_DEFAULT,
            bgp.BGP_FAMILY_NETWORK,
            *bgp.BGP_FAMILY_KEPT,
            bgp.BGP_TIMERS,
            *bgp.BGP_NEIGHBOR,
            *bgp.BGP_FAMILY_NEIGHBOR,
            bgp.BGP_FAMILY_PATHS,
            ADDRESS_FAMILY,
        ),
    ),
    "bgp-family": ("config-router-af", FAMILY),
    "access-list-standard": ("config-std-nacl", (access_lists.REMARK, access_lists.ENTRY_STANDARD)),
    "access-list-extended": ("config-ext-nacl", (access_lists.REMARK, access_lists.ENTRY_EXTENDED)),
    "dhcp-pool": ("dhcp-config", services.POOL),
    "track": ("config-track", policies.TRACK),
    "class-map": ("config-cmap", policies.CLASS_MAP),
    "policy-map": ("config-pmap", policies.POLICY_MAP),
    "policy-class": ("config-pmap-c", policies.POLICY_CLASS),
    "sla": ("config-ip-sla", policies.SLA_KINDS),
    "sla-echo": ("config-ip-sla-echo", policies.ECHO),
    "route-map": ("config-route-map", policies.ROUTE_MAP),
    "isakmp-keyring": ("conf-keyring", isakmp.KEYRING),
    "isakmp-policy": ("config-isakmp", isakmp.POLICY),
    "isakmp-profile": ("conf-isa-prof", isakmp.PROFILE),
    "router-ospf": ("config-router", igp.OSPF),
    "router-eigrp": ("config-router", igp.EIGRP),
    "archive": ("config-archive", access.ARCHIVE),
    "archive-log": ("config-archive-log-cfg", access.ARCHIVE_LOG),
    "redundancy": ("config-red", ()),
    "control-plane": ("config-cp", ()),
    "line-console": ("config-line", access.LINE_CONSOLE),
    "line-vty": ("config-line", access.LINE_VTY),
    "ssh-pubkey": ("conf-ssh-pubkey", access.PUBKEY),
    "ssh-pubkey-user": ("conf-ssh-pubkey-user", (access.KEY_HASH, access.KEY_STRING)),
    "ssh-pubkey-data": ("conf-ssh-pubkey-data", ()),
}
_VERBS: Final = ("exit", "end", "do <command:line>")


def _add(grammar: Grammar[Meaning], row: Row) -> None:
    for path in row.parsed.set_paths():
        grammar.add(path, Meaning(row, "set"))
    if row.unset == "":
        return
    paths = row.parsed.unset_paths() if row.unset is None else parse(row.unset).set_paths()
    forms: tuple[Form, ...] = ("no", "default")
    for form in forms:
        for path in paths:
            grammar.add((*parse(form).paths[0], *path), Meaning(row, form))


@cache
def mode(name: str) -> Mode:
    """Return a mode; its grammar is built when it is first asked for.

    Raises:
        KeyError: there is none of that name.
    """
    prompt, rows = _ROWS[name]
    grammar: Grammar[Meaning] = Grammar()
    for row in rows:
        if isinstance(row, Row):
            _add(grammar, row)
    for verb in (*_VERBS, *(("exit-address-family",) if name == "bgp-family" else ())):
        grammar.add(parse(verb).paths[0], Meaning(None, verb=verb.split(maxsplit=1)[0]))
    for prefix, words in GHOSTS.get(prompt, {}).items():
        grammar.add_ghosts(prefix, words.split())
    of_pattern = {row.pattern: row for row in rows if isinstance(row, Row)}
    rank = {row.pattern: index for index, row in enumerate(rows) if isinstance(row, Row)}
    # Interfaces of all kinds stand in one order.
    together = [pattern for pattern, row in of_pattern.items() if row.slot == interfaces.SLOT]
    rank |= dict.fromkeys(together, min((rank[pattern] for pattern in together), default=0))
    spoken = tuple((index, row) for index, row in enumerate(rows) if isinstance(row, Row) and row.absent)
    return Mode(name, prompt, rows, grammar, rank, of_pattern, spoken)


MODE_NAMES: Final = tuple(_ROWS)

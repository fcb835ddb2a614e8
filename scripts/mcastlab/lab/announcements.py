"""Where streams are announced, so that players such as VLC list them. Sources: RFC 2974, section 3; RFC 2365, 6.

A group that is announced brings the announcement group of its scope into the lab, which is a group like those that the
lab file lists: routers lead it, security groups let it through, and verification proves it.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SAP_PORT: Final = 9875
"""Source: RFC 2974, section 3."""


class AnnouncementScope(NamedTuple):
    """A scope of addresses, and the group in which its sessions are announced."""

    group: str
    networks: tuple[IPv4Network, ...]
    address: IPv4Address
    """The highest of the scope; of the global one, what IANA assigned."""


SCOPES: Final = (
    # Local and Organization Local Scope, each with the ranges into which it may grow.
    AnnouncementScope(
        "sap-local",
        (IPv4Network("239.255.0.0/16"), IPv4Network("239.254.0.0/16"), IPv4Network("239.253.0.0/16")),
        IPv4Address("239.255.255.255"),
    ),
    AnnouncementScope("sap-organization", (IPv4Network("239.0.0.0/8"),), IPv4Address("239.195.255.255")),
    AnnouncementScope("sap-global", (IPv4Network("224.0.0.0/4"),), IPv4Address("224.2.127.254")),
)
ANNOUNCED_AT: Final = frozenset(scope.address for scope in SCOPES)


def announcement_scope(group: IPv4Address) -> AnnouncementScope:
    """Return the scope in which a group is announced.

    >>> announcement_scope(IPv4Address("239.1.1.1")).address, announcement_scope(IPv4Address("233.1.1.1")).address
    (IPv4Address('239.195.255.255'), IPv4Address('224.2.127.254'))
    """
    return next((scope for scope in SCOPES if any(group in network for network in scope.networks)), SCOPES[-1])


def announcement_groups(groups: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Return the groups that a document needs for those that it announces, but for those that it lists itself.

    >>> page = {"name": "page", "address": "239.1.1.1", "announce": True, "senders": ["berlin"]}
    >>> next(announcement_groups([page]))["senders"]
    ['berlin']

    Args:
        groups: the groups and blocks of a document; those that are none yet are left for the model to refuse.
    """
    entries = [entry for entry in groups if isinstance(entry, dict)]
    announced: dict[AnnouncementScope, list[dict[str, Any]]] = {}
    for entry in entries:
        address = _first_address(entry.get("address"))
        if entry.get("announce") and address is not None:
            announced.setdefault(announcement_scope(address), []).append(entry)
    listed = {(str(entry.get("address")), str(entry.get("port"))) for entry in entries}
    for scope, sent in announced.items():
        if (str(scope.address), str(SAP_PORT)) not in listed:
            yield {
                "name": scope.group,
                "address": str(scope.address),
                "port": SAP_PORT,
                "senders": _together(entry.get("senders", "all") for entry in sent),
                "receivers": _together(entry.get("receivers", "all") for entry in sent),
                "bridge": "static" if all(entry.get("bridge") == "static" for entry in sent) else "join",
            }


def _first_address(text: object) -> IPv4Address | None:
    try:
        return IPv4Address(str(text).partition("-")[0].partition("/")[0].strip())
    except ValueError:
        return None


def _together(roles: Iterable[Any]) -> Any:
    """Return everybody who is in some list of names; a list that is none is left for the model to refuse."""
    found = list(roles)
    if any(not isinstance(each, list | tuple) or not all(isinstance(name, str) for name in each) for each in found):
        return "all"
    return list(dict.fromkeys(name for each in found for name in each))

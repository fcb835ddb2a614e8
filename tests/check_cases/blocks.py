"""Cases of blocks of groups that are followed."""

from __future__ import annotations

from typing import Any

from check_cases.case import Case
from mcastlab.lab.checks import Severity


def block(address: str, *, name: str = "calls", **more: Any) -> dict[str, Any]:
    """Return a block as a document has it."""
    return {"name": name, "address": address, "bridge": "follow", **more}


BLOCKS = (
    Case(
        check="blocks_can_be_routed",
        change={"groups.1": block("10.9.0.0/16")},
        at="groups[calls].address",
        says="10.9.0.0/16 has addresses that are not multicast addresses",
        hint="239.9.0.0/16",
    ),
    Case(
        check="blocks_can_be_routed",
        change={"groups.1": block("223.255.255.0-239.0.0.9")},
        at="groups[calls].address",
        says="has addresses that are not multicast addresses",
        hint="239.9.0.0/16",
    ),
    Case(
        check="blocks_can_be_routed",
        change={"groups.1": block("224.0.0.0/16")},
        at="groups[calls].address",
        says="224.0.0.0/16 covers 224.0.0.0/24",
        hint="239.9.0.0/16",
    ),
    Case(
        check="blocks_can_be_routed",
        change={"groups.1": block("231.255.255.255-232.0.0.0")},
        at="groups[calls].address",
        says="covers 232.0.0.0/8, source-specific multicast",
        hint="239.9.0.0/16",
    ),
    Case(
        check="blocks_can_be_routed",
        change={"groups.1": block("224.0.1.0/24")},
        at="groups[calls].address",
        says="covers the groups of Auto-RP",
        hint="239.9.0.0/16",
    ),
    Case(
        check="blocks_can_be_routed",
        change={"groups.1": block("233.9.0.0/16")},
        at="groups[calls].address",
        says="233.9.0.0/16 may be another's",
        hint="239.9.0.0/16",
        severity=Severity.NOTE,
    ),
    Case(
        check="blocks_do_not_overlap",
        change={"groups.1": block("239.9.0.0/16"), "groups.2": block("239.9.255.255-239.10.0.3", name="pages")},
        at="groups[pages].address",
        says="overlaps 239.9.0.0/16 (calls)",
        hint="share no address",
    ),
    Case(
        check="blocks_do_not_overlap",
        change={"groups.1": block("239.1.0.0/16")},
        at="groups[paging].address",
        says="239.1.1.1 lies in the block calls (239.1.0.0/16), and is bridged by join",
        hint="outside the block",
    ),
    Case(
        check="blocks_do_not_overlap",
        change={"groups.0.announce": True, "groups.1": block("239.192.0.0/14")},
        at="groups[sap-organization].address",
        says="239.195.255.255 lies in the block calls (239.192.0.0/14)",
        hint="write a block without it",
    ),
    Case(
        check="blocks_are_announced_in_one_scope",
        change={"groups.1": {**block("239.252.255.0-239.253.0.255"), "announce": True}},
        at="groups[calls].announce",
        says="are announced in 239.195.255.255, and others in 239.255.255.255",
    ),
    Case(
        check="blocks_have_ethernet_addresses_of_their_own",
        change={"groups.0.address": "239.0.1.1", "groups.1": block("239.16.0.0-239.160.0.0")},
        at="groups[calls].address",
        says="is wider than 23 bits: up to 2 of its groups share",
        hint="a /9 or smaller",
        severity=Severity.WARNING,
    ),
    Case(
        check="blocks_have_ethernet_addresses_of_their_own",
        change={"groups.1": block("239.128.0.0/16")},
        at="groups[calls].address",
        says="such as 239.128.0.0 share their Ethernet addresses with 224.0.0.0/24",
        hint="239.9.0.0/16",
        severity=Severity.WARNING,
    ),
    Case(
        check="blocks_have_ethernet_addresses_of_their_own",
        change={"groups.1": block("239.129.0.0/16")},
        at="groups[calls].address",
        says="239.129.1.1 shares its Ethernet address with 239.1.1.1 (paging)",
        hint="last 23 bits",
        severity=Severity.WARNING,
    ),
    Case(
        check="blocks_have_ethernet_addresses_of_their_own",
        change={"groups.1": block("239.9.0.0/16"), "groups.2": block("239.137.7.0/24", name="pages")},
        at="groups[pages].address",
        says="groups of 239.137.7.0/24 share Ethernet addresses with groups of 239.9.0.0/16 (calls)",
        hint="last 23 bits",
        severity=Severity.WARNING,
    ),
    Case(
        check="blocks_have_room_for_their_members",
        change={"hosts.0.count": 120, "groups.0.receivers": ["berlin"], "groups.1": block("239.9.0.0/16", ceiling=90)},
        at="groups[calls].receivers",
        says="121 members if all receivers join one group",
        hint="99",
        severity=Severity.WARNING,
    ),
    Case(
        check="blocks_have_room_for_their_members",
        change={"hosts.0.count": 19, "groups.1": block("239.9.0.0/16")},
        at="groups[calls].address",
        says="with 20 members a group, 499 of its 65,536 groups can be live at once, and up to 1,000 are joined",
        hint="ceiling: 499",
        severity=Severity.WARNING,
    ),
)

"""Documents of many entries, each kind large in another way; some of them are not sound, and some no labs at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable


def many_sites(count: int) -> dict[str, Any]:
    """Sites that all send and receive."""
    return _lab(sites=[_site(number) for number in range(count)])


def many_devices(count: int) -> dict[str, Any]:
    """A tenth as many sites with ten devices each."""
    return _lab(sites=[_site(number, devices=10) for number in range(count // 10)])


def many_groups(count: int) -> dict[str, Any]:
    """Groups for everybody."""
    return _lab(groups=[_group(number) for number in range(count)])


def many_ports(count: int) -> dict[str, Any]:
    """Groups on a port each, and as many sites."""
    groups = [_group(number, port=5000 + number) for number in range(count)]
    return _lab(groups=groups, sites=[_site(number) for number in range(count)])


def named_groups(count: int) -> dict[str, Any]:
    """Groups that name their senders and receivers among as many sites."""
    groups = [
        _group(number, senders=[f"site-{number}", "probe"], receivers=[f"site-{(number + 1) % count}"])
        for number in range(count)
    ]
    return _lab(groups=groups, sites=[_site(number) for number in range(count)])


def many_hosts(count: int) -> dict[str, Any]:
    """Hosts entries in as many subnets."""
    subnets = [{"name": f"subnet-{n}", "cidr": f"10.10.{n // 16}.{n % 16 * 16}/28"} for n in range(count)]
    hosts = [{"name": f"probe-{n}x", "subnet": f"subnet-{n}"} for n in range(count)]
    return {**_lab(), "vpc": {"cidr": "10.10.0.0/16", "subnets": subnets}, "hosts": hosts}


def same_networks(count: int) -> dict[str, Any]:
    """Sites that all have one LAN and one private WAN."""
    router: dict[str, Any] = {"wan": "192.168.1.2/24", "public_address": "60.1.1.1", "lan": "192.168.50.1/24"}
    return _lab(sites=[_site(number, address="192.168.50.9", **router) for number in range(count)])


def same_number(count: int) -> dict[str, Any]:
    """Sites that all take one share of the generated addresses."""
    return _lab(sites=[{**_site(number), "number": 5} for number in range(count)])


def wrong_groups(count: int) -> dict[str, Any]:
    """Groups that are wrong in several ways."""
    return _lab(groups=[_group(number, senders="al", bridg="x", port="no") for number in range(count)])


def unknown_members(count: int) -> dict[str, Any]:
    """Groups that name nobody there is, among as many sites."""
    return _lab(
        groups=[_group(number, senders=[f"nobody-{number}"]) for number in range(count)],
        sites=[_site(number) for number in range(count)],
    )


def nothing_given(count: int) -> dict[str, Any]:
    """Sites without what they must have."""
    return _lab(sites=[{"name": f"site-{number}"} for number in range(count)])


KINDS: Final[tuple[Callable[[int], dict[str, Any]], ...]] = (
    many_sites,
    many_devices,
    many_groups,
    many_ports,
    named_groups,
    many_hosts,
    same_networks,
    same_number,
    wrong_groups,
    unknown_members,
    nothing_given,
)


def _site(number: int, *, devices: int = 1, address: str = "", **router: Any) -> dict[str, Any]:
    lan = f"172.{16 + number // 256}.{number % 256}"
    return {
        "name": f"site-{number}",
        "number": number,
        "router": {
            "ssh": f"router-{number}",
            "asn": 64513 + number,
            "wan": f"60.{number // 16384}.{number // 64 % 256}.{number % 64 * 4 + 2}/30",
            "lan": f"{lan}.1/24",
            **router,
        },
        "devices": [{"name": f"phone-{number}-{n}", "address": address or f"{lan}.{20 + n}"} for n in range(devices)],
    }


def _group(number: int, **fields: Any) -> dict[str, Any]:
    address = f"239.{1 + number // 65536}.{number // 200 % 256}.{number % 200 + 1}"
    return {"name": f"group-{number}", "address": address, **fields}


def _lab(**lists: Any) -> dict[str, Any]:
    return {
        "name": "large",
        "vpc": {"cidr": "10.10.0.0/16"},
        "hosts": [{"name": "probe", "count": 2}],
        "sites": [_site(0)],
        "groups": [_group(0)],
        **lists,
    }

"""Values as IOS prints them: numbers, addresses and durations."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Final

_UNITS: Final = {"y": 52 * 7 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600}
_CLOCK: Final = re.compile(r"(\d{1,9}):(\d\d):(\d\d)", re.ASCII)
_LONG: Final = re.compile(r"(?:\d{1,9}[ywdh]:?)+", re.ASCII)
_NONE: Final = frozenset({"never", "stopped", "-", ""})


def read_network(text: str) -> IPv4Network:
    """Return a network, however its mask is written."""
    return IPv4Network(in_bits(text))


def read_interface(text: str) -> IPv4Interface:
    """Return an interface's address with its network, however its mask is written."""
    return IPv4Interface(in_bits(text))


def in_bits(text: str) -> str:
    """Return an address whose mask stands behind it in decimals or hexadecimal digits with a slash before the mask.

    Source: Cisco IOS IP Addressing Services Command Reference, ``ip netmask-format``.

    >>> in_bits("10.66.0.0 0xFFFF0000"), in_bits("10.66.0.0 255.255.0.0"), in_bits("10.66.0.0/16")
    ('10.66.0.0/255.255.0.0', '10.66.0.0/255.255.0.0', '10.66.0.0/16')
    """
    address, _, mask = text.partition(" ")
    if not mask:
        return text
    return f"{address}/{IPv4Address(int(mask, 16)) if mask.startswith('0x') else mask}"


def read_nothing(text: str) -> str:
    """Refuse whatever there is."""
    raise ValueError(text)


def read_number(text: str) -> int:
    """Return a number; other than `int`, only of ASCII digits, and few enough of them for any counter."""
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(2**64)):
        raise ValueError(text)
    return int(text)


def seconds(age: str) -> int | None:
    """Return an age in seconds; None for one that says that there is none.

    >>> seconds("00:02:59"), seconds("1d02h"), seconds("4w5d"), seconds("stopped")
    (179, 93600, 2851200, None)

    Raises:
        ValueError: it is no age.
    """
    if age in _NONE:
        return None
    clock = _CLOCK.fullmatch(age)
    if clock is not None:
        hours, minutes, rest = (int(part) for part in clock.groups())
        return hours * 3600 + minutes * 60 + rest
    if _LONG.fullmatch(age) is None:
        raise ValueError(f"{age!r} is no age")
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([ywdh])", age))

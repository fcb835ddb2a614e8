"""The kinds of values that a lab file is made of."""

from __future__ import annotations

import string
from bisect import bisect
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

from mcastlab.interface_names import in_full
from mcastlab_base.as_numbers import as_number

NAME_PATTERN: Final = r"^[a-z][a-z0-9-]{0,30}[a-z0-9]$"

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
"""2 to 32 characters: lower case letters, digits and hyphens, beginning with a letter."""

LONGEST_SSH_NAME: Final = 253
"""Characters; as many as a name of the DNS has. Source: RFC 1035, section 2.3.4."""


def _ssh_name(value: str) -> str:
    if value.startswith("-"):
        raise ValueError(f"{shown(value)} begins with a hyphen, which ssh takes for an option; {_SSH_NAME_IN_WORDS}")
    if len(value) > LONGEST_SSH_NAME:
        raise ValueError(f"has {len(value)} characters; write at most {LONGEST_SSH_NAME}")
    if "@" in value:
        raise ValueError(
            f"{shown(value)} names a user; write the host alone, and User in your SSH client configuration"
        )
    if ":" in value:
        try:
            IPv6Address(value)
        except ValueError:
            raise ValueError(
                f"{shown(value)} is no IPv6 address; a port belongs into your SSH client configuration, as Port"
            ) from None
    elif not value.strip(".-") or set(value) - _SSH_CHARACTERS:
        raise ValueError(f"{shown(value)} is no host's name for OpenSSH; {_SSH_NAME_IN_WORDS}")
    return value


_SSH_CHARACTERS: Final = frozenset(string.ascii_letters + string.digits + "._-")
"""What neither a Host pattern nor OpenSSH takes for anything but itself. Source: ssh_config(5), PATTERNS."""
_SSH_NAME_IN_WORDS: Final = "write letters, digits, dots, hyphens and underscores, or an IP address"

SshName = Annotated[
    str, AfterValidator(_ssh_name), WithJsonSchema({"type": "string", "pattern": r"^[0-9A-Za-z._:-]+$"})
]
"""A Host of an SSH client configuration: a name of your own, a name of the DNS, or an IP address."""

Platform = Literal["c8000v", "csr1000v"]
"""A Catalyst 8000V, or the CSR 1000V before it."""

Port = Annotated[int, Field(ge=1024, le=65535)]
"""A UDP port that needs no privilege."""


ZoneLetter = Annotated[str, StringConstraints(pattern=r"^[a-f]$")]
"""The letter of an availability zone within the lab's region."""

Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$")]

InstanceType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$")]

INTERFACE_PATTERN: Final = (
    r"^((Ethernet|FastEthernet|GigabitEthernet|TwoGigabitEthernet|FiveGigabitEthernet|TenGigabitEthernet|TwentyFiveGigE"
    r"|FortyGigabitEthernet|HundredGigE|ATM|Cellular)(0|[1-9]\d{0,2})(/(0|[1-9]\d{0,2})){0,2}"
    r"|Serial(0|[1-9]\d{0,2})(/(0|[1-9]\d{0,2})){0,2}(:(0|[1-9]\d{0,2}))?"
    r"|(Dialer|Vlan|BDI|BVI|Port-channel)[1-9]\d{0,3})(\.[1-9]\d{0,3})?$"
)


def _interface(value: Any) -> Any:
    return in_full(value) if isinstance(value, str) else value


LoopbackName = Annotated[str, StringConstraints(pattern=r"^Loopback\d{1,7}$"), BeforeValidator(_interface)]
InterfaceName = Annotated[
    str,
    StringConstraints(pattern=INTERFACE_PATTERN),
    BeforeValidator(_interface),
    WithJsonSchema({"type": "string", "pattern": r"^[A-Za-z-]+ ?[0-9]+(/[0-9]+){0,2}(:[0-9]+)?([.][0-9]+)?$"}),
]
"""An interface of a router's owner, short or in full: physical, a channel's, a VLAN's, a bundle, or a part of one."""

HOST_KEY_PATTERN: Final = r"^SHA256:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]$"

HostKey = Annotated[str, StringConstraints(pattern=HOST_KEY_PATTERN)]
"""The fingerprint of an SSH host key as OpenSSH shows it: SHA-256 in base64 without padding, 43 characters."""

TITLE_PATTERN: Final = r"^[^\x00-\x1f\x7f]{1,64}$"

Announced = bool | Annotated[str, StringConstraints(pattern=TITLE_PATTERN)]
"""Whether something is announced by its name, or the title by which it is."""

Stream = Literal["g711u", "g711a", "g722", "l16", "h264", "ts"]
"""What devices send in RTP."""

DEVICES_PATTERN: Final = r"^[a-z*?][a-z0-9*?-]{0,62}$"

GROUP_PATTERN: Final = r"^([a-z*?][a-z0-9*?-]{0,31}|\d+\.\d+\.\d+\.\d+(:\d+)?)$"

ONE_GROUP_PATTERN: Final = r"^([a-z][a-z0-9-]{0,30}[a-z0-9]|\d+\.\d+\.\d+\.\d+(:\d+)?)$"

PATTERNS_IN_WORDS: Final = {
    ONE_GROUP_PATTERN: "a group's name, or an address in a block such as 239.9.1.5, with a port if it is another: "
    "239.9.1.5:5006",
    TITLE_PATTERN: "a title of one line, up to 64 characters",
    GROUP_PATTERN: "a group's name, a pattern of names such as page-*, or an address such as 239.9.1.5, with a port if "
    "it is another: 239.9.1.5:5006",
    DEVICES_PATTERN: "a device's name, or a pattern of names such as phones-*",
    NAME_PATTERN: "2 to 32 lower case letters, digits and hyphens, beginning with a letter and not ending in a hyphen",
    r"^[a-f]$": "an availability zone's letter, a to f",
    r"^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$": "a region such as us-east-1",
    r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$": "an instance type such as m5n.large",
    INTERFACE_PATTERN: "an interface in full, such as GigabitEthernet1",
    HOST_KEY_PATTERN: "a fingerprint as `ssh-keygen -l` prints it: SHA256: and 43 characters",
}
"""What to write, for each pattern of this page."""

_SHOWN: Final = 48


def shown(value: object) -> str:
    """Return a value as an error message shows it: short, and without a character that a terminal would obey.

    >>> shown("10.10.0.0/33")
    "'10.10.0.0/33'"
    """
    if isinstance(value, dict | list | tuple):
        return {dict: "a mapping", list: "a list", tuple: "a list"}[type(value)] if value else "nothing"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


_NAMES_SHOWN: Final = 12
_COMPARED: Final = 10


def known_names(name: str, names: Sequence[str]) -> str:
    """Return which names there are, for one that is not among them: the nearest, all of a few, else its neighbours.

    Args:
        name: the one that is not there.
        names: those that are; sorted, where they may be many.

    >>> known_names("berlin", ["lyon", "paris"])
    'there are: lyon, paris'
    >>> known_names("pari", ["lyon", "paris"])
    'did you mean paris? There are: lyon, paris'
    """
    few = len(names) <= _NAMES_SHOWN
    place = bisect(names, name)
    # Of many names the neighbours alone are compared: a lab file may have as many mistakes as it has names.
    near = get_close_matches(name, names if few else names[max(place - _COMPARED, 0) : place + _COMPARED], n=1)
    begin = f"did you mean {near[0]}? There" if near else "there"
    if few:
        return f"{begin} are: {', '.join(names)}"
    return f"{begin} are {len(names)}, such as {', '.join(names[max(place - 2, 0) : place + 2])}"


def _asn(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError(  # noqa: TRY004  (pydantic takes no other)
            f"{shown(value)} is a decimal fraction to YAML; write asdot notation in quotes, such as "
            "'65000.1000', or the number itself, such as 4259841000"
        )
    if isinstance(value, str):
        try:
            return as_number(value)
        except ValueError:
            pass
        raise ValueError(f"{shown(value)} is not an AS number; write one such as 65001, or '65000.1000' in asdot")
    return value


Asn = Annotated[int, Field(ge=1, le=4294967294), BeforeValidator(_asn)]
"""An autonomous system number, in asplain or as text in asdot (RFC 5396). Source: RFC 6793; RFC 7300 reserves the last.
"""


def _parsed(kind: type[Any], value: Any, expected: str) -> Any:
    """Return what a text says, or a value of the kind as it is; for anything else the error says what was expected."""
    if isinstance(value, kind):
        return value
    try:
        if isinstance(value, str) and (kind is IPv4Address or "/" in value):
            return kind(value)
    except ValueError:
        pass
    raise ValueError(f"{shown(value)} is no {expected}")


def _address(value: Any) -> Any:
    return _parsed(IPv4Address, value, "IPv4 address; write one such as 10.10.1.20")


def _network(value: Any) -> Any:
    try:
        meant = IPv4Network(value, strict=False) if isinstance(value, str) and "/" in value else None
    except ValueError:
        meant = None
    if meant is not None and IPv4Interface(value).ip != meant.network_address:
        raise ValueError(f"{shown(value)} is an address within a network; write the network, {meant}")
    return _parsed(IPv4Network, value, "IPv4 network; write address/prefix length, such as 10.10.0.0/16")


def _interface_address(value: Any) -> Any:
    return _parsed(
        IPv4Interface,
        value,
        "interface address; write the address with its network's prefix length, such as 192.168.50.1/24",
    )


def _group_address(value: Any) -> Any:
    return _parsed(
        IPv4Address,
        value,
        f"group address; write one such as 239.1.1.1, or a range of at most {LONGEST_RANGE} "
        "such as 239.1.1.1-239.1.1.40",
    )


LONGEST_RANGE: Final = 1024
"""How many groups one entry may stand for."""

Address = Annotated[IPv4Address, BeforeValidator(_address)]
"""An IPv4 address, written as text: a number is a slip, not an address."""

Network = Annotated[IPv4Network, BeforeValidator(_network)]
"""An IPv4 network, always with its prefix length and without host bits."""

InterfaceAddress = Annotated[IPv4Interface, BeforeValidator(_interface_address)]
"""An address with the prefix length of the network that it stands in."""

GroupAddress = Annotated[
    IPv4Address,
    BeforeValidator(_group_address),
    WithJsonSchema({"type": "string", "pattern": r"^\d+\.\d+\.\d+\.\d+( *- *\d+\.\d+\.\d+\.\d+)?$"}),
]
"""A group's address; in a document also a range of them."""

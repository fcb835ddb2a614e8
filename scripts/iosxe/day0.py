"""Day-0 configuration: what the AWS images do at first boot, and the user data that they understand.

Source: Cisco, Deploying C8000V on AWS (custom data) and CSR 1000v on AWS (bootstrap properties).
"""

from __future__ import annotations

import base64
import binascii
import re
from textwrap import wrap
from typing import Final

FIRST_INTERFACE: Final = "GigabitEthernet1"
KEY_LINE: Final = 72
EC2_USER: Final = "ec2-user"

_CSR_LINE: Final = re.compile(r'^\s*([A-Za-z-]+?)(?:-(\d+))?\s*=\s*"?(.*?)"?\s*$')
_SECTION: Final = re.compile(r"^\s*Section:\s*(.+?)\s*$", re.IGNORECASE)


def factory(interfaces: tuple[str, ...], *, shut: bool) -> list[str]:
    """Return the configuration of a router that nobody has configured.

    Args:
        interfaces: its physical interfaces.
        shut: whether they are shut down, as they are until somebody opens them.
    """
    lines = [line for name in interfaces for line in (f"interface {name}", *([" shutdown"] if shut else []), "!")]
    return [*lines, "redundancy", "control-plane", "line con 0", "line aux 0", "line vty 0 4", "end"]


def aws_image(public_key: str | None) -> list[str]:
    """Return what an AWS image configures by itself at first boot.

    Raises:
        ValueError: the key is not an RSA key in OpenSSH form; IOS-XE takes no other.
    """
    lines = [
        f"interface {FIRST_INTERFACE}",
        " ip address dhcp",
        " no shutdown",
        "exit",
        "ip ssh version 2",
        "line vty 0 4",
        " login local",
        " transport input ssh",
        "exit",
    ]
    return [*lines, *key_lines(EC2_USER, public_key)] if public_key else lines


def key_lines(user: str, public_key: str) -> list[str]:
    """Return the lines that let a user log in with a key.

    Raises:
        ValueError: the key is not an RSA key in OpenSSH form.
    """
    words = public_key.split()
    if len(words) < len(("kind", "data")) or words[0] != "ssh-rsa":
        raise ValueError(f"IOS-XE takes RSA keys only; the key pair's is of kind {words[0] if words else 'nothing'!r}")
    try:
        base64.b64decode(words[1], validate=True)
    except binascii.Error as error:
        raise ValueError("the key pair's public key is not base64") from error
    return [
        f"username {user} privilege 15",
        "ip ssh pubkey-chain",
        f" username {user}",
        "key-string",
        *wrap(words[1], KEY_LINE),
        "exit",
        "exit",
        "exit",
    ]


def user_data_lines(user_data: str) -> list[str]:
    """Return the configuration lines in the user data of either image; licences and the like are left out."""
    if _SECTION.search(user_data) or any(_SECTION.match(line) for line in user_data.splitlines()):
        return _c8000v(user_data)
    return _csr1000v(user_data)


def _c8000v(user_data: str) -> list[str]:
    lines: list[str] = []
    inside = False
    for line in user_data.splitlines():
        section = _SECTION.match(line)
        if section is not None:
            inside = section[1].lower() == "ios configuration"
        elif inside and line.strip():
            lines.append(line.rstrip())
    return lines


def _csr1000v(user_data: str) -> list[str]:
    numbered: list[tuple[int, str]] = []
    named: list[str] = []
    for line in user_data.splitlines():
        found = _CSR_LINE.match(line)
        if found is None:
            continue
        if found[1] == "ios-config" and found[2]:
            numbered.append((int(found[2]), found[3]))
        elif found[1] == "hostname":
            named.append(f"hostname {found[3]}")
        elif found[1] == "domain-name":
            named.append(f"ip domain name {found[3]}")
    return named + [line for _, line in sorted(numbered, key=lambda each: each[0])]

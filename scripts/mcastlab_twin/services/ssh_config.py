"""The OpenSSH client configuration that reaches every node of the twin, and the remote sites' known hosts. Pure."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcastlab.command_line import TUNNEL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where a remote site's node answers, and what its owner gave: user, key and host key."""

    host: str
    port: int
    user: str
    host_key: str
    """Public host key in OpenSSH form."""


def client_config(reaches: Iterable[Reach], *, identity: Path, known_hosts: Path) -> str:
    """Return an ssh_config(5) with an entry for each node, and one for all instances.

    Those are reached as in AWS, by a tunnel through their endpoint.
    """
    remote = "".join(f"{_entry(reach, identity, known_hosts)}\n" for reach in reaches)
    tunnel = shlex.join((sys.executable, "-m", "mcastlab", *TUNNEL))
    return f"{remote}Host i-*\n  User ec2-user\n  ProxyCommand {tunnel} %h\n"


def known_hosts(reaches: Iterable[Reach]) -> str:
    """Return the lines of a known_hosts file for the nodes."""
    return "".join(f"[127.0.0.1]:{reach.port} {reach.host_key}\n" for reach in reaches)


def _entry(reach: Reach, identity: Path, known: Path) -> str:
    lines = [f"Host {reach.host}", "  HostName 127.0.0.1", f"  Port {reach.port}"]
    lines += [f"  User {reach.user}", f"  IdentityFile {identity}", "  IdentitiesOnly yes"]
    lines += [f"  UserKnownHostsFile {known}", "  StrictHostKeyChecking yes"]
    return "\n".join(lines) + "\n"

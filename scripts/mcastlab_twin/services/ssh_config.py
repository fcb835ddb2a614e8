"""The OpenSSH client configuration that reaches every node of the twin, and the remote sites' known hosts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where a node answers. What belongs to a remote site's owner is known beforehand: user, key and host key."""

    host: str
    port: int
    user: str | None = None
    host_key: str | None = None
    """Public host key in OpenSSH form; None is to be learnt at the first connection."""


def client_config(reaches: Iterable[Reach], *, identity: Path, known_hosts: Path) -> str:
    """Return an ssh_config(5) with an entry for each node."""
    return "\n".join(_entry(reach, identity, known_hosts) for reach in reaches)


def known_hosts(reaches: Iterable[Reach]) -> str:
    """Return the lines of a known_hosts file for the nodes whose host key is known."""
    return "".join(f"[127.0.0.1]:{reach.port} {reach.host_key}\n" for reach in reaches if reach.host_key)


def _entry(reach: Reach, identity: Path, known: Path) -> str:
    lines = [f"Host {reach.host}", "  HostName 127.0.0.1", f"  Port {reach.port}"]
    if reach.user is not None:
        lines += [f"  User {reach.user}", f"  IdentityFile {identity}", "  IdentitiesOnly yes"]
    if reach.host_key is not None:
        lines += [f"  UserKnownHostsFile {known}", "  StrictHostKeyChecking yes"]
    return "\n".join(lines) + "\n"

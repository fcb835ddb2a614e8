"""A host that shows another key than the pinned one: told as that, with both keys, where the old one is, what to do.

Sources: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT; ssh-keygen(1), -R; OpenSSH, sshconnect.c, warn_changed_key.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

import paramiko
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

from mcastlab.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcastlab.routers.ssh.client_config import SshHost

_CHANGED: Final = "REMOTE HOST IDENTIFICATION HAS CHANGED"
_SENT: Final = re.compile(r"fingerprint for the (\S+) key sent by the remote host is\s+(SHA256:[A-Za-z0-9+/]+)")
_OFFENDING: Final = re.compile(r"Offending (?:key for IP|\S+ key) in (.+):(\d+)")
_REMOVE: Final = re.compile(r"^\s*(ssh-keygen -f .+)$", re.MULTILINE)


def fingerprint(key: paramiko.PKey) -> str:
    """Return a key's fingerprint as OpenSSH shows it: ``SHA256:`` and base64 without padding."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def pinned(known_hosts: Path, name: str | None = None) -> tuple[tuple[int, paramiko.PKey], ...]:
    """Return the keys that a known_hosts file has of a host, or of all, each with the number of its line.

    Lines that cannot be read are left out, as OpenSSH does.

    Raises:
        RefusedError: the file is there and cannot be read.
    """
    try:
        lines = known_hosts.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise RefusedError(
            f"{known_hosts} cannot be read: {error.strerror}", hint="may this user read it, and is it a file?"
        ) from None
    return tuple(
        (number, entry.key)
        for number, entry in _entries(lines)
        if name is None or any(_is(name, each) for each in entry.hostnames)
    )


def _entries(lines: Sequence[str]) -> Iterator[tuple[int, HostKeyEntry]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith(("#", "@")):
            continue
        try:
            entry = HostKeyEntry.from_line(line.strip(), number)
        except (InvalidHostKey, paramiko.SSHException, ValueError, LookupError):
            continue
        if entry is not None and entry.key is not None:
            yield number, entry


def _is(name: str, written: str) -> bool:
    """Say whether a host's name is the one that a known_hosts file has, maybe hashed."""
    if not written.startswith("|1|"):
        return written == name
    try:
        return paramiko.HostKeys.hash_host(name, written) == written
    except (ValueError, AssertionError):
        return False


def changed_key(name: str, host: SshHost, known_hosts: Path, shown: paramiko.PKey) -> RefusedError:
    """Return the error of a host that shows another key than the pinned one.

    Args:
        name: the host's name in reports.
        host: the way to it.
        known_hosts: the file in which its key is pinned.
        shown: the key that it shows.
    """
    old = ", ".join(
        f"{key.get_name()} {fingerprint(key)} (line {line})" for line, key in pinned(known_hosts, host.known_hosts_name)
    )
    remove = f"ssh-keygen -f {shlex.quote(str(known_hosts))} -R {shlex.quote(host.known_hosts_name)}"
    return _changed(
        name,
        f"{host.alias} ({host.known_hosts_name})",
        new=f"{shown.get_name()} {fingerprint(shown)}",
        old=f"{known_hosts} has {old or 'another one'}",
        remove=remove,
        instance=host.alias.startswith("i-"),
    )


def refuse_changed_key(name: str, stderr: str) -> None:
    """Name both keys, where the OpenSSH client ended because a host shows another key than the known one.

    Raises:
        RefusedError: that is why it ended.
    """
    if _CHANGED not in stderr:
        return
    sent, offending, remove = _SENT.search(stderr), _OFFENDING.search(stderr), _REMOVE.search(stderr)
    old = "the known_hosts file has another one"
    if offending is not None:
        path, line = Path(offending[1]), int(offending[2])
        keys = ", ".join(f"{key.get_name()} {fingerprint(key)}" for number, key in pinned(path) if number == line)
        old = f"{path} has {keys or 'another one'} (line {line})"
    raise _changed(
        name,
        name,
        new=f"{sent[1]} {sent[2]}" if sent is not None else "another one",
        old=old,
        remove=remove[1].strip() if remove is not None else "ssh-keygen -R HOST",
    )


def _changed(name: str, where: str, *, new: str, old: str, remove: str, instance: bool = False) -> RefusedError:
    reason = (
        "It is the same instance, which keeps its key over stop and start; a replaced one has another id."
        if instance
        else "A replaced host, or one whose keys were made anew, shows a new key."
    )
    return RefusedError(
        f"{name}: the host key has changed: {where} shows {new}, and {old}",
        hint=f"somebody may stand between. {reason} Compare the new fingerprint on the host's console; if it is the "
        f"host's own, forget the old one and run again: {remove}",
    )

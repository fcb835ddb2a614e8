"""Host keys: a router of this deployment is pinned at first use, other hosts are known beforehand or by fingerprint.

A host that shows another key than the known one is named with both keys, where the old one is, and what to do.
Sources: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT; ssh-keygen(1), -R; OpenSSH, sshconnect.c, warn_changed_key.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import paramiko
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

from mcastlab.places import state_folder
from mcastlab.routers.boot import Unready, UnreadyError
from mcastlab.routers.ssh.proxy_sockets import THROUGH, why_closed
from mcastlab_base import private_files
from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mcastlab.routers.ssh.client_config import SshHost

CONNECT_TIMEOUT_S: Final = 15
_KINDS: Final = ("ssh-ed25519", "ecdsa-", "ssh-rsa")
_CHANGED: Final = "REMOTE HOST IDENTIFICATION HAS CHANGED"
_SENT: Final = re.compile(r"fingerprint for the (\S+) key sent by the remote host is\s+(SHA256:[A-Za-z0-9+/]+)")
_OFFENDING: Final = re.compile(r"Offending (?:key for IP|\S+ key) in (.+):(\d+)")
_REMOVE: Final = re.compile(r"^\s*(ssh-keygen -f .+)$", re.MULTILINE)


def pins_folder() -> Path:
    """Return where pinned host keys are kept, one file an EC2 instance."""
    return state_folder() / "host-keys"


def pin_at_first_use(host: SshHost, instance_id: str, folder: Path) -> tuple[Path, bool]:
    """Return the known_hosts file of an EC2 instance, and whether its key was pinned just now.

    The instance's id pins the key, whatever its address is today: a router that is replaced has another id, so a
    changed key under the same id is never accepted.

    Raises:
        RefusedError: the router does not answer SSH, or the file cannot be read or written.
    """
    path = folder / instance_id
    if pinned(path, host.known_hosts_name):
        return path, False
    known = dict.fromkeys(key for _, key in pinned(path))
    keys = known or (offered_key(host),)
    try:
        private_files.make_folder(folder)
        with private_files.appended(path) as stream:
            stream.writelines(f"{host.known_hosts_name} {key.get_name()} {key.get_base64()}\n" for key in keys)
    except OSError as error:
        raise _unwritable(path, error) from None
    return path, not known


def _unwritable(path: Path, error: OSError) -> RefusedError:
    return RefusedError(
        f"{path} cannot be written: {error.strerror}", hint="host keys are kept there; make room for it"
    )


def know_at_first_use(host: SshHost, ask: Callable[[str], bool] | None, expected: str | None = None) -> bool:
    """Have the key of a host that somebody else owns in its known_hosts file; say whether it was put there just now.

    Args:
        host: the host.
        ask: asks a person whether a key is the right one; None where there is no terminal.
        expected: the fingerprint that the lab file tells; exactly that key is accepted then, and nobody is asked.

    Raises:
        RefusedError: the key is not known, and nobody is there to accept it or it was not accepted; or the known or
            the offered key is not the expected one.
    """
    known = [fingerprint(key) for _, key in pinned(host.known_hosts, host.known_hosts_name)]
    if known:
        _refuse_other_than(host, known, expected)
        return False
    key = offered_key(host) if expected is None else _expected_key(host, expected)
    shown = f"{key.get_name()} {fingerprint(key)}"
    if expected is None and (
        ask is None
        or not ask(f"{host.alias} ({host.known_hosts_name}) shows the host key {shown}. Is it the right one?")
    ):
        raise RefusedError(
            f"{host.alias}: its host key is not in {host.known_hosts}: {shown}",
            hint="compare it with the router's `show ip ssh`, and write it as host_key into the lab file",
        )
    try:
        private_files.make_folder(host.known_hosts.parent)
        with private_files.appended(host.known_hosts) as stream:
            stream.write(f"{host.known_hosts_name} {key.get_name()} {key.get_base64()}\n")
    except OSError as error:
        raise _unwritable(host.known_hosts, error) from None
    return True


def _refuse_other_than(host: SshHost, known: Sequence[str], expected: str | None) -> None:
    if expected is not None and expected not in known:
        raise RefusedError(
            f"{host.alias}: {host.known_hosts} has the host key {', '.join(known)}, and the lab file says {expected}",
            hint="find out which one is the host's own; then correct the lab file, or take the old one out: "
            f"ssh-keygen -f {host.known_hosts} -R '{host.known_hosts_name}'",
        )


def _expected_key(host: SshHost, expected: str) -> paramiko.PKey:
    """Return the key that has a fingerprint, of whichever kind the host shows it."""
    offered = [offered_key(host)]
    for kind in _KINDS:
        if fingerprint(offered[-1]) == expected:
            return offered[-1]
        if kind != _kind(offered[0]):
            with suppress(RefusedError):
                offered.append(offered_key(host, kind))
    if fingerprint(offered[-1]) == expected:
        return offered[-1]
    shown = ", ".join(f"{key.get_name()} {fingerprint(key)}" for key in offered)
    raise RefusedError(
        f"{host.alias} ({host.known_hosts_name}) shows the host key {shown}, and the lab file says {expected}",
        hint="somebody may stand between, or the host has a new key: compare it on its console, then correct host_key",
    )


def _kind(key: paramiko.PKey) -> str:
    return "ecdsa-" if key.get_name().startswith("ecdsa-") else key.get_name()


def offered_key(host: SshHost, kind: str = "") -> paramiko.PKey:
    """Return the key that a host shows, of a kind where one is named.

    Raises:
        RefusedError: it does not answer SSH, or has no key of that kind.
    """
    way = None
    try:
        way = host.channel() or socket.create_connection((host.hostname, host.port), CONNECT_TIMEOUT_S)
        transport = paramiko.Transport(way)
        try:
            if kind:
                options = transport.get_security_options()
                options.key_types = [name for name in options.key_types if _algorithm(name).startswith(kind)]
            transport.start_client(timeout=CONNECT_TIMEOUT_S)
            return transport.get_remote_server_key()
        finally:
            transport.close()
    except (OSError, EOFError, paramiko.SSHException) as error:
        closed = why_closed(way)
        raise UnreadyError(
            f"{host.alias} ({host.hostname}:{host.port}) does not answer SSH: "
            f"{closed or error or type(error).__name__}",
            Unready.NO_ANSWER,
            hint=THROUGH
            if closed
            else "is the router running, and does the SSH client configuration say how to reach it?",
        ) from None


def _algorithm(name: str) -> str:
    """Return the kind of key that a signature algorithm takes. Source: RFC 8332, section 3."""
    return "ssh-rsa" if name.startswith("rsa-sha2-") else name


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

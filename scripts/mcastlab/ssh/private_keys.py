"""Private keys, read once a run: to prove an RSA key's numbers prime takes longer than the rest of a login."""

from __future__ import annotations

from functools import lru_cache
from io import StringIO
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

import paramiko

from mcastlab.errors import RefusedError

if TYPE_CHECKING:
    from mcastlab.secret import Secret

_READING: Final = Lock()
"""Routers that share a key wait for the first of them to read it."""


def private_key(key: Secret, router: str) -> paramiko.PKey:
    """Return a router's key out of its text.

    Raises:
        RefusedError: it is no RSA key in PEM form.
    """
    with _READING:
        try:
            return _from_text(key)
        except (paramiko.SSHException, ValueError):
            reason = "its private key is no RSA key in PEM form"
    raise RefusedError(f"{router}: {reason}")


@lru_cache(maxsize=128)
def _from_text(key: Secret) -> paramiko.PKey:
    return paramiko.RSAKey.from_private_key(StringIO(key.reveal()))


def identity(path: Path) -> paramiko.PKey | None:
    """Return the key in an identity file, with its certificate; None where it needs a passphrase or an agent."""
    with _READING:
        try:
            return _from_file(path, path.stat().st_mtime_ns)
        except (OSError, ValueError, TypeError, paramiko.SSHException):
            return None


@lru_cache(maxsize=128)
def _from_file(path: Path, changed_ns: int) -> paramiko.PKey:
    del changed_ns
    try:
        key: paramiko.PKey = paramiko.RSAKey.from_private_key_file(str(path))
    except (paramiko.SSHException, ValueError):
        return paramiko.PKey.from_path(path)
    certificate = Path(f"{path}-cert.pub")
    if certificate.exists():
        key.load_certificate(str(certificate))
    return key

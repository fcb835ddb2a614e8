"""Private keys, read once a run."""

from __future__ import annotations

from functools import lru_cache
from io import StringIO
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from mcastlab_base.errors import RefusedError

if TYPE_CHECKING:
    from mcastlab_base.secret import Secret

_READING: Final = Lock()
"""Routers that share a key wait for the first of them to read it."""


class _OwnKey(paramiko.RSAKey):
    """A key in PEM form whose numbers are believed: to prove them prime takes longer than the rest of a login.

    It is the user's own, or the one that AWS made for the router; wrong numbers sign nothing that a router takes.
    """

    def _decode_key(self, data: tuple[int, bytes]) -> None:
        form, octets = data
        if form != self._PRIVATE_KEY_FORMAT_ORIGINAL:  # type: ignore[attr-defined]  # it is no part of paramiko's stubs
            super()._decode_key(data)  # type: ignore[misc]  # as above
            return
        try:
            key = load_der_private_key(octets, password=None, unsafe_skip_rsa_key_validation=True)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise paramiko.SSHException(str(error)) from None
        if not isinstance(key, RSAPrivateKey):
            raise paramiko.SSHException("no RSA key")
        self.key = key


def private_key(key: Secret, router: str) -> paramiko.PKey:
    """Return a router's key out of its text.

    Raises:
        RefusedError: it is no RSA key in PEM form.
    """
    with _READING:
        try:
            return _from_text(key)
        except (paramiko.SSHException, ValueError, TypeError, LookupError):
            reason = "its private key is no RSA key in PEM form"
    raise RefusedError(f"{router}: {reason}")


@lru_cache(maxsize=128)
def _from_text(key: Secret) -> paramiko.PKey:
    return _OwnKey.from_private_key(StringIO(key.reveal()))


def identity(path: Path) -> paramiko.PKey | None:
    """Return the key in an identity file, with its certificate; None where it needs a passphrase or an agent."""
    with _READING:
        try:
            return _from_file(path, path.stat().st_mtime_ns)
        except (OSError, ValueError, TypeError, LookupError, paramiko.SSHException):
            return None


@lru_cache(maxsize=128)
def _from_file(path: Path, changed_ns: int) -> paramiko.PKey:
    del changed_ns
    try:
        key: paramiko.PKey = _OwnKey.from_private_key_file(str(path))
    except (paramiko.SSHException, ValueError):
        return paramiko.PKey.from_path(path)
    certificate = Path(f"{path}-cert.pub")
    if certificate.exists():
        key.load_certificate(str(certificate))
    return key

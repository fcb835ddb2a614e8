"""Type 9 secrets: how IOS-XE keeps a user's secret.

Source: Cisco, ``username ... algorithm-type scrypt``: ``$9$salt$hash``, scrypt with N=16384, r=1, p=1, in the
alphabet of crypt(3).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final

_STANDARD: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_CISCO: Final = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SALT_LENGTH: Final = 14


def hash_secret(plain: str, salt: str | None = None) -> str:
    """Return the type 9 form of a secret, with a new salt where none is given."""
    salt = salt or "".join(secrets.choice(_CISCO) for _ in range(_SALT_LENGTH))
    digest = hashlib.scrypt(plain.encode(), salt=salt.encode(), n=16384, r=1, p=1, dklen=32)
    text = base64.b64encode(digest).decode().rstrip("=").translate(str.maketrans(_STANDARD, _CISCO))
    return f"$9${salt}${text}"


def is_secret(plain: str, hashed: str) -> bool:
    """Say whether `hashed` is the type 9 form of `plain`."""
    parts = hashed.split("$")
    return len(parts) == len(("", "9", "salt", "hash")) and hmac.compare_digest(hash_secret(plain, parts[2]), hashed)

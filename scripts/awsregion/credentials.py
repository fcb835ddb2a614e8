"""A region's account, and its owner's access key: made where its region is, known to nobody who cannot read its folder.

It is kept in the form of the AWS tools' shared credentials file, so that they may read it themselves.
Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
"""

from __future__ import annotations

import base64
import configparser
import secrets
from typing import TYPE_CHECKING, Final

from mcastlab_base import private_files
from mcastlab_base.errors import RefusedError
from mcastlab_base.frozen import Frozen
from mcastlab_base.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT: Final = "000000000000"
"""The account of the twin's regions, which no real account has."""
FILE: Final = "aws_credentials"
"""The file's name in a region's folder."""

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PROFILE: Final = "default"
_KEY, _SECRET = "aws_access_key_id", "aws_secret_access_key"


class OwnerCredentials(Frozen):
    """An access key of the region's account. No key of AWS is the same but by chance: 80 and 240 bits are random."""

    access_key_id: str
    secret: Secret


def create(file: Path) -> OwnerCredentials:
    """Make an access key and write it down, 0600."""
    made = OwnerCredentials(
        access_key_id="AKIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16)),
        secret=Secret(base64.b64encode(secrets.token_bytes(30)).decode()),
    )
    private_files.write(file, f"[{_PROFILE}]\n{_KEY} = {made.access_key_id}\n{_SECRET} = {made.secret.reveal()}\n")
    return made


def read(file: Path) -> OwnerCredentials:
    """Return the access key that is written down.

    Raises:
        RefusedError: none is, or none that can be read.
    """
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(file.read_text(encoding="utf-8"))
        profile = parser[_PROFILE]
        return OwnerCredentials(access_key_id=profile[_KEY], secret=Secret(profile[_SECRET]))
    except (OSError, ValueError, KeyError, configparser.Error):
        # Not the parser's own sentence: it quotes the file.
        raise RefusedError(
            f"{file} holds no access key of its region", hint="end the region or twin, and start it again"
        ) from None


def kept(file: Path) -> OwnerCredentials:
    """Return the access key that is written down; made now where there is no such file.

    Raises:
        RefusedError: there is a file, which cannot be read.
    """
    return read(file) if file.exists() else create(file)

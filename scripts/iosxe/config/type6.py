"""Type 6: how IOS-XE writes a pre-shared key once ``password encryption aes`` is on.

The form is IOS's: a ``6`` and letters that differ each time the same key is entered. The cipher is not: a router keeps
its master key (``key config-key password-encrypt``) where no configuration shows it, and this one has none.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from iosxe.config.edit import plain, put_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iosxe.config.node import Change, Config, Node

_SALT = 10


def _mixed(data: bytes, salt: bytes) -> bytes:
    stream = hashlib.shake_256(salt).digest(len(data))
    return bytes(one ^ other for one, other in zip(data, stream, strict=True))


def hide(key: str) -> str:
    """Return the type 6 form of a key, another one each time.

    >>> reveal(hide("a.key")), hide("a.key") == hide("a.key")
    ('a.key', False)
    """
    salt = secrets.token_bytes(_SALT)
    return base64.b32encode(salt + _mixed(key.encode(), salt)).decode().rstrip("=")


def reveal(hidden: str) -> str | None:
    """Return the key of a type 6 form, or None for one that is none.

    >>> reveal("nonsense") is None
    True
    """
    try:
        data = base64.b32decode(hidden + "=" * (-len(hidden) % 8))
        return _mixed(data[_SALT:], data[:_SALT]).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def keep_key(change: Change) -> Config:
    """Set a pre-shared key, hidden where the router hides keys."""
    if change.unset:
        return plain(change)
    args = dict(change.args)
    if "hidden" in args:
        args["key"] = reveal(args["hidden"]) or ""
    elif change.config.root.find("password encryption aes") is not None:
        args["hidden"] = hide(args["key"])
    return put_row(change.config, change.path, change.row, args)


def hide_all(change: Change) -> Config:
    """Hide the keys that are there already; they stay hidden when no new ones are to be hidden."""
    config = plain(change)
    return config if change.unset else replace(config, root=_hidden(config.root))


def _hidden(node: Node) -> Node:
    if node.row.apply is keep_key and "hidden" not in node.args:
        args: Mapping[str, str] = {**node.args, "hidden": hide(node.args["key"])}
        text = node.row.text
        return replace(node, args=args, line=node.line if text is None else text(args))
    below = {key: _hidden(child) for key, child in node.children.items()}
    return replace(node, children=below)

"""Pre-shared keys that a router shows encrypted (type 6), and so never as we sent them.

After a push the record keeps, for each of them, fingerprints of the key that was sent and of the form in which the
router showed it then. While both are the same, the line is the one that is wanted. If either differs, or there is no
record, the key is sent again.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from mcastlab.ios.configuration import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcastlab.ios.configuration import ConfigLine, Path, Tree

_HEAD: Final = r"^(pre-shared-key(?: local| remote)?) "
_ENCRYPTED: Final = re.compile(rf"{_HEAD}6 \S+$")
_CLEAR: Final = re.compile(rf"{_HEAD}(?:0 )?\S+$")
_COST: Final = 2**14
"""scrypt's N, with r=8: some 30 ms and 16 MiB a guess. Source: RFC 7914, section 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentKey:
    """A key that was sent: its line's path up to the key, and fingerprints of the key and of what the router shows."""

    path: Path
    sent: str
    shown: str


def fingerprint(text: str, salt: str = "") -> str:
    """Return a salted fingerprint, from which a text can be recognised and not read."""
    salt = salt or secrets.token_hex(16)
    return f"{salt}${hashlib.scrypt(text.encode(), salt=bytes.fromhex(salt), n=_COST, r=8, p=1, dklen=32).hex()}"


def is_recorded(text: str, recorded: str) -> bool:
    """Say whether a text has a fingerprint."""
    return hmac.compare_digest(fingerprint(text, recorded.partition("$")[0]), recorded)


def recognised(running: Tree, wanted: Tree, records: tuple[SentKey, ...]) -> Tree:
    """Return the running configuration with the wanted line where the record says that it is behind what is shown."""
    known = {record.path: record for record in records}

    def same(path: Path, shown: ConfigLine, want: ConfigLine) -> bool:
        record = known.get(path)
        return record is not None and is_recorded(want.text, record.sent) and is_recorded(shown.text, record.shown)

    return _replaced(running, wanted, same)


def received(
    before: Tree, running: Tree, wanted: Tree, records: tuple[SentKey, ...]
) -> tuple[Tree, tuple[SentKey, ...]]:
    """Return the running configuration after a push with the wanted lines, and the record of all encrypted keys.

    Args:
        before: the previous configuration, with what was recognised in it: other keys have just been sent.
        running: the configuration of afterwards.
        wanted: what was wanted.
        records: the record of before.
    """
    there = paths(before)
    known = {record.path: record for record in records}
    found: list[SentKey] = []

    def same(path: Path, shown: ConfigLine, want: ConfigLine) -> bool:
        old = known.get(path)
        if (*path[:-1], want.text) not in there:
            found.append(SentKey(path=path, sent=fingerprint(want.text), shown=fingerprint(shown.text)))
        elif old is not None and is_recorded(want.text, old.sent) and is_recorded(shown.text, old.shown):
            found.append(old)
        else:
            return False
        return True

    return _replaced(running, wanted, same), tuple(found)


def _replaced(running: Tree, wanted: Tree, same: Callable[[Path, ConfigLine, ConfigLine], bool]) -> Tree:
    keys = {(*path[:-1], head[1]): line for path, line in paths(wanted).items() if (head := _CLEAR.match(line.text))}
    return tuple(_seen(line, (), keys, same) for line in running) if keys else running


def _seen(
    line: ConfigLine,
    above: Path,
    keys: Mapping[Path, ConfigLine],
    same: Callable[[Path, ConfigLine, ConfigLine], bool],
) -> ConfigLine:
    head = _ENCRYPTED.match(line.text)
    if head is not None:
        path = (*above, head[1])
        want = keys.get(path)
        return line if want is None or not same(path, line, want) else replace(line, text=want.text)
    if not line.below:
        return line
    return replace(line, below=tuple(_seen(each, (*above, line.text), keys, same) for each in line.below))

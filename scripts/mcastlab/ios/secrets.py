r"""Whatever a router showed or is sent, as it may be shown: what is not known to be harmless is masked.

Keys of others stand in configurations in more forms than anybody can list. So the list is of what is harmless, by its
place in a line: from the first word on that it does not have, a line is masked. A key of a form that nobody has seen is
masked like any other.

>>> masked(" ip ospf message-digest-key 1 md5 7 0822455D0A16")
' ip ospf message-digest-key 1 md5 ***'
>>> masked("some new-command hunter2")
'***'
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from mcastlab.ios.chatter import MNEMONIC
from mcastlab.ios.harmless import KINDS, harmless_lines, message_words
from mcastlab_base.secret import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEADING: Final = frozenset({"no", "default"})
"""Words that may stand before any line."""
_ENTRIES: Final = frozenset({"permit", "deny", "remark"})
"""Lines that may have a number before them."""
_SHORTEST_MISSPELT: Final = 2
_PART: Final = re.compile(r"\[|\]|[^\s\[\]]+")
_MNEMONIC: Final = re.compile(f"{MNEMONIC}?")
_HARMLESS_IN_MESSAGES: Final = re.compile(
    rf"[%^'.:;,()*!-]*(?:{KINDS['address']}|{KINDS['interface']}|{KINDS['file']}|\d{{1,5}})?[%^'.:;,()*!-]*"
)
_PUNCTUATION: Final = "%^'\".:;,()*!-?"
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/\s]*@")
_NAMES_A_SECRET: Final = re.compile(
    r"\b((?:pre-shared-)?key(?:-string)?|password|passwd|secret|communit(?:y|ies)|logged command)\b.*", re.IGNORECASE
)
_MAY_HOLD_A_KEY: Final = re.compile(r"key|passw|secret|community|authenti|hash|://", re.IGNORECASE)
_REWRITTEN: Final = re.compile(
    r"\b(pre-shared-key(?: local| remote)?|password|secret|key-string|community|server-private \S+ key|hash-key)"
    r"(?: [05-9])? (?!address\b)\S.*$"
)
"""Keys that a router shows in another form than they were sent in: encrypted, and anew each time."""


@dataclass(slots=True)
class _State:
    """How far a line went along what is harmless: the words and kinds that may follow."""

    words: dict[str, _State] = field(default_factory=dict)
    kinds: dict[str, _State] = field(default_factory=dict)

    def next(self, part: str, *, repeated: bool) -> list[_State]:
        """Return the states behind a part of a pattern, which are made where they are missing."""
        found: list[_State] = []
        for each in part.split("|"):
            place, key = (self.kinds, each[1:-1]) if each.startswith("<") else (self.words, each)
            state = place.setdefault(key, _State())
            if repeated:
                (state.kinds if place is self.kinds else state.words)[key] = state
            found.append(state)
        return found


@cache
def _compiled() -> tuple[_State, dict[str, re.Pattern[str]]]:
    start = _State()
    for pattern in harmless_lines():
        _add([start], iter(_PART.findall(pattern)))
    return start, {kind: re.compile(pattern) for kind, pattern in KINDS.items()}


def _add(states: list[_State], parts: Iterator[str]) -> list[_State]:
    """Add the rest of a pattern, up to the end of its group, behind all of these states."""
    for part in parts:
        if part == "]":
            break
        if part == "[":
            states = [*states, *_add(states, parts)]
            continue
        word = part.removesuffix("*")
        states = [found for state in states for found in state.next(word, repeated=word != part)]
    return states


@lru_cache(maxsize=8192)
def masked(text: str, *, misspelt: bool = False) -> str:
    """Return a configuration line as it may be shown; what is masked already stays as it is.

    Args:
        text: the line, with its indentation.
        misspelt: let one word of the line be a harmless one but for one letter, so that a slip is shown.

    >>> masked("username lab privilege 15 password 0 lab")
    'username lab privilege 15 password ***'
    >>> masked(" no ip mtuu 1300", misspelt=True)
    ' no ip mtuu 1300'
    """
    words = text.split()
    if not words or words[0].startswith("!"):
        return text if not words or text.strip() == "!" else f"{_indent(text)}! {MASK}"
    kept = _harmless(words, misspelt=misspelt)
    if kept == len(words):
        return text
    return _indent(text) + " ".join([*words[:kept], MASK])


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _harmless(words: list[str], *, misspelt: bool) -> int:
    """Return how many words pass."""
    start, kinds = _compiled()
    states = [start]
    numbered = words[0].isdecimal() and words[1:2] and words[1] in _ENTRIES
    first = 1 if words[0] in _LEADING or numbered else 0
    for index in range(first, len(words)):
        word = words[index]
        after = [state.words[word] for state in states if word in state.words]
        after += [
            found for state in states for kind, found in state.kinds.items() if kinds[kind].fullmatch(word) is not None
        ]
        if not after and misspelt:
            misspelt = False
            after = [found for state in states for each, found in state.words.items() if _is_slip(word, each)]
        if not after:
            # What stands before a line says nothing alone.
            return index if index > first else 0
        states = after
    return len(words)


def _is_slip(word: str, meant: str) -> bool:
    """Say whether a word is another but for one letter that was added, left out or exchanged."""
    longer, shorter = (word, meant) if len(word) >= len(meant) else (meant, word)
    if len(meant) < _SHORTEST_MISSPELT or len(longer) - len(shorter) > 1:
        return False
    same = next((at for at, pair in enumerate(zip(longer, shorter, strict=False)) if pair[0] != pair[1]), len(shorter))
    return longer[same + 1 :] == shorter[same + (len(longer) == len(shorter)) :]


def masked_message(text: str, *, sent: str = "") -> str:
    r"""Return what a router says about a change as it may be shown: IOS's own words up to the first other one.

    Args:
        text: one line of it.
        sent: the configuration line that it speaks of, whose secret it may repeat.

    >>> masked_message("% 10.1.1.0 overlaps with Tunnel5")
    '% 10.1.1.0 overlaps with Tunnel5'
    >>> masked_message("%Error: failed to apply snmp-server community s3cret")
    '%Error: failed to apply ***'
    """
    hidden = set(sent.split()) - set(masked(sent).split())
    words = text.split()
    for index, word in enumerate(words):
        bare = word.strip(_PUNCTUATION)
        if bare in hidden or not _of_messages(word, bare):
            return _indent(text) + " ".join([*words[:index], MASK])
    return text


def _of_messages(word: str, bare: str) -> bool:
    return (
        bare.lower() in message_words()
        or _HARMLESS_IN_MESSAGES.fullmatch(word) is not None
        or _MNEMONIC.fullmatch(word) is not None
    )


def names_a_secret(text: str) -> bool:
    """Say whether a free text speaks of a key, password, secret or community, or holds credentials."""
    return _NAMES_A_SECRET.search(text) is not None or _CREDENTIALS.search(text) is not None


def may_hold_a_key(line: str) -> bool:
    """Say whether a line that no reader knows may be one of a configuration with a key in it."""
    return _MAY_HOLD_A_KEY.search(line) is not None


def without_key(line: str) -> str:
    """Return a configuration line without the key that a router may show in another form than it was sent in.

    >>> without_key("  pre-shared-key 6 QXdUWWd")
    '  pre-shared-key'
    """
    return _REWRITTEN.sub(r"\1", line)


def masked_answer(text: str) -> str:
    r"""Return what a router answered to a show command, as an error may quote it.

    These commands show state and no configuration. Log messages may stand between, and places may hold credentials.

    >>> masked_answer("The next archive file will be named ftp://lab:s3cret@10.1.1.1/x")
    'The next archive file will be named ftp://***@10.1.1.1/x'
    """
    lines = (
        masked_message(line) if _MNEMONIC.search(line) else _CREDENTIALS.sub(f"{MASK}@", line)
        for line in text.splitlines(keepends=True)
    )
    return "".join(_NAMES_A_SECRET.sub(lambda found: f"{found[1]} {MASK}", line) for line in lines)

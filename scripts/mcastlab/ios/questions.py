"""Questions that IOS-XE asks: how they look, and which are answered.

Sources: the terminal plug-in of Ansible's cisco.ios collection; netmiko 1561, ansible 15654, napalm 471.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mcastlab.ios.secrets import masked_message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_QUESTION: Final = re.compile(
    r"[^\n]*(?:\[(?:confirm|yes/no|no/yes|yes|no|y/n|y|n)\]|\((?:yes/\[?no\]?|y/n)\)|\[[^]\n]*\] ?\?"
    r"|\{yes\|no\}|\[Y\]es/\[N\]o(?:/\[\w\]\w+)?)[:?]? ?$"
    r"|[^\n]*\[\d{1,5}\]: ?$| ?--More-- ?$"
    r"|(?:Enter |Re-enter |New |Old |Confirm )?(?:\w*key|pass\w+): ?$",
    re.IGNORECASE | re.MULTILINE,
)
_KEY: Final = re.compile(r"(\[confirm\])\S$", re.IGNORECASE | re.MULTILINE)
HARMLESS: Final[Mapping[str, str]] = {
    r"(?s).*all username related configurations.*\[confirm\]": "the user that the line removes is gone",
    r"(?s).*Overwrite the previous NVRAM configuration ?\? ?\[confirm\]": "a newer release wrote it, and it is saved",
}
"""Questions that Return answers as was asked for anyway, and what follows."""
ASKS: Final = re.compile(
    r"no username |no crypto (?:pki trustpoint|pki certificate|key)|crypto key (?:generate|zeroize)"
    r"|crypto pki (?:authenticate|enroll)|no enable secret|no key config-key|license |platform hardware throughput"
)
"""Lines behind which a router may ask: what is sent with them in one write would be taken for the answer."""


def shown_question(question: str, sent: str = "") -> str:
    """Return a question's last line as it may be shown.

    >>> shown_question("% Are you sure you want to do this? [yes/no]:")
    '% Are you sure you want to do this? [yes/no]'
    """
    last = question.strip().rpartition("\n")[2]
    found = re.search(r" ?\[(?:confirm|yes/no|no/yes|yes|no|y/n)\]", last, re.IGNORECASE)
    if found is None:
        return masked_message(last, sent=sent)
    return masked_message(last[: found.start()], sent=sent) + found[0]


def question_in(output: str) -> str | None:
    r"""Return the question behind which a router waits, with the lines before it, or None; pages wait for a key too.

    >>> question_in("Overwrite the previous NVRAM configuration?[confirm]") is None
    False
    >>> question_in("description to [confirm]\nr#") is None
    True
    """
    last = output.rpartition("\n")[2]
    return "\n".join(output.splitlines()[-4:]) if _QUESTION.fullmatch(last) else None


def asked_in(answer: str) -> str | None:
    r"""Return the question in an answer whose reply was what stood next, or None.

    >>> asked_in("% Are you sure? [yes/no]: \n% Please answer 'yes' or 'no'.")
    '% Are you sure? [yes/no]:'

    One key is enough for some, and is shown behind it.

    >>> asked_in("Proceed? [confirm]s\n")
    'Proceed? [confirm]'
    """
    found = _QUESTION.search(_KEY.sub(r"\1", answer))
    return None if found is None else found[0].strip()


def is_harmless(question: str) -> bool:
    """Say whether a question is answered with Return."""
    return any(re.fullmatch(f"{pattern} ?", question) for pattern in HARMLESS)


def parts_of(lines: Sequence[str]) -> list[tuple[str, ...]]:
    """Return lines in the parts in which they are written: what a router may ask about ends one.

    >>> parts_of(["interface Tunnel7", "no username old", "end"])
    [('interface Tunnel7', 'no username old'), ('end',)]
    """
    parts: list[list[str]] = [[]]
    for line in lines:
        parts[-1].append(line)
        if ASKS.match(line.strip()):
            parts.append([])
    return [tuple(part) for part in parts if part]

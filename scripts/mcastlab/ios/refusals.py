"""Tell a router's refusal from what it merely mentions: the only list of the sentences in which IOS refuses.

Source: messages of IOS-XE's parser, of its AAA command authorization, and of Configuration Replace and Rollback; the
error patterns of Ansible's cisco.ios collection name the same.
"""

from __future__ import annotations

import re
from typing import Final

from mcastlab.ios.secrets import masked_message

_REFUSALS: Final = re.compile(
    r"^%\s?(?:Invalid|Incomplete|Ambiguous|Unknown|Error|Bad|Cannot|Failed|.*overlaps with|.*used by PIM"
    r"|.*not allowed|.*does not exist|Authorization failed|Access denied|Permission denied)"
    r"|^(?i:command (?:rejected|authorization failed))",
    re.MULTILINE,
)
"""Answers to a command or a configuration line."""
_FAILURES: Final = re.compile(r"aborted|failed to apply|not a valid config|%Error", re.IGNORECASE)
"""What a rollback says among other lines when it does not succeed."""
_TELLING: Final = re.compile(r"%|fail|error", re.IGNORECASE)


def refusal_in(output: str) -> str | None:
    r"""Return the message with which a router refused a line or a command, or None.

    >>> refusal_in("ip pimm\n      ^\n% Invalid input detected at '^' marker.")
    "% Invalid input detected at '^' marker."
    >>> refusal_in("%Warning: use of this is discouraged") is None
    True
    """
    found = _REFUSALS.search(output)
    return None if found is None else output[found.start() :].splitlines()[0].strip()


def has_failed(output: str) -> bool:
    """Say whether a rollback's output names a failure."""
    return _FAILURES.search(output) is not None


def gist(answer: str) -> str:
    r"""Return the part of an answer that tells an error, in one line and as it may be shown.

    >>> gist("Building configuration...\nstartup-config file open failed (Not enough space)\n")
    'startup-config file open failed (Not enough space)'
    """
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.search(line)]
    return masked_message((telling or lines or ["nothing"])[-1])

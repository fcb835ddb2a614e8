"""Tell a router's refusal from what it merely mentions."""

from __future__ import annotations

import re
from typing import Final

REFUSALS: Final = re.compile(
    r"^%\s?(?:Invalid|Incomplete|Ambiguous|Unknown|Error|Bad|Cannot|Failed|.*overlaps with|.*used by PIM"
    r"|.*not allowed|.*does not exist)"
    r"|^(?i:command (?:rejected|authorization failed))",
    re.MULTILINE,
)
"""Source: messages of IOS-XE's parser; the error patterns of Ansible's cisco.ios collection name the same."""


def refusal_in(output: str) -> str | None:
    r"""Return the message with which a router refused a line, or None.

    >>> refusal_in("ip pimm\\n      ^\\n% Invalid input detected at '^' marker.")
    "% Invalid input detected at '^' marker."
    >>> refusal_in("%Warning: use of this is discouraged") is None
    True
    """
    found = REFUSALS.search(output)
    return None if found is None else output[found.start() :].splitlines()[0].strip()

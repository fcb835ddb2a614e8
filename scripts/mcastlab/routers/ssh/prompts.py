"""Prompts of IOS-XE: how they look.

Sources: the terminal plug-in of Ansible's cisco.ios collection and netmiko's issues 1561, 1786, 2718, 2755 and 2956:
configuration prompts show the first 20 characters of the host name, and ``prompt`` changes the exec prompt alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

USER_MODE: Final = ">"
ALONE: Final = re.compile(r"^(?P<prompt>[^\s#>]+[#>])[ ]?\Z", re.MULTILINE)
"""A prompt as IOS makes it, and nothing behind it."""
LAST_LINE: Final = re.compile(r"(?P<prompt>[^\n]*[^\s\n])[ ]?\Z")
"""What a router that is quiet waits behind: with ``prompt`` it may be anything."""
PASSWORD: Final = re.compile(r"(?i:password): ?\Z")
_CONFIGURATION: Final = r"(?P<configuration>[^\s()#>]{1,20}\([a-z][^()\n]*\))#"
RENAMES: Final = ("hostname ", "prompt ", "no prompt", "no hostname")
"""Lines behind which the exec prompt is another one."""
LOOKS_UP: Final = ("show ip rpf ", "show ip pim rp mapping", "show ip mroute", "ping ")
"""Commands that ask a name server for each address that they print."""


def between(first: str, second: str) -> re.Pattern[str]:
    """Return what finds the prompt behind the answer to one echoed line and before another."""
    return re.compile(
        rf"(?:^|.*?){re.escape(first)}\n(?:[^\n]*\n)*?(?P<prompt>[^\n]+?)(?={re.escape(second)}\n)", re.MULTILINE
    )


def pattern_of(shown: Sequence[str]) -> re.Pattern[str]:
    """Return what finds a router's prompts, by its exec prompts; those of configuration mode have another form."""
    alternatives = "|".join(re.escape(each.rstrip()) for each in sorted(shown, key=len, reverse=True))
    return re.compile(rf"^(?:{alternatives}|{_CONFIGURATION})[ ]?", re.MULTILINE)

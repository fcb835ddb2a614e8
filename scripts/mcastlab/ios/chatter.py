"""What a router prints unasked, before an answer or in the middle of it: time stamps and messages of its log."""

from __future__ import annotations

import re
from typing import Final

MNEMONIC: Final = r"%[A-Z0-9_]+-(?:\w+-)?[0-7]-[A-Z0-9_]+:"
"""Source: Cisco, System Message Guide: facility, severity and mnemonic."""
_UNASKED: Final = re.compile(
    r"^(?:Load for five secs:|Time source is "
    rf"|(?:\d+: )?[*.]?(?:[A-Z][a-z]{{2}} +\d+ [\d: ]*[\d:.]+[^%:\n]*: )?{MNEMONIC})[^\n]*(?:\n|\Z)",
    re.MULTILINE,
)
"""``exec prompt timestamp`` puts two lines before each answer; ``terminal monitor`` and consoles show the log."""


def without_chatter(text: str) -> str:
    r"""Return what a router printed without what it printed unasked.

    >>> without_chatter("Time source is NTP, 12:00:00\nTunnel5 is up\n*Mar  1 00:00:07.000: %LINK-3-UPDOWN: Tunnel5\n")
    'Tunnel5 is up\n'
    """
    return _UNASKED.sub("", text)

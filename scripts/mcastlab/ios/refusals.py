"""Tell a router's refusal from what it merely mentions: the only list of the sentences in which IOS refuses.

Source: messages of IOS-XE's parser, of its AAA command authorization, and of Configuration Replace and Rollback; the
error patterns of Ansible's cisco.ios collection name the same.
"""

from __future__ import annotations

import re
from typing import Final

from mcastlab.ios.chatter import MNEMONIC
from mcastlab.ios.secrets import masked_message

_REFUSALS: Final = re.compile(
    r"^\s*%\s*(?:(?:Invalid|Incomplete|Ambiguous|Unknown|Unrecognized|Unable|Error|Bad|Cannot|Can't|Could not|Failed"
    r"|Not |No such|Must|Unsupported|Maximum|Too many|Insufficient|Duplicate|Illegal|Inconsistent"
    r"|No matching|Specify |Login invalid|Low on memory|Configuration aborted|Aborted|%+ ?Low on memory"
    r"|(?:Authorization|Authentication|Command authorization|Parse|Command) (?:failed|rejected)"
    r"|Access denied|Permission denied|Connection timed out)"
    r"|.*(?:overlaps with|used by PIM|not allowed|no allowed|not permitted|does not exist|doesn't exist|not found"
    r"|not supported|not valid|is invalid|already (?:in use|used|exists|configured)|must be|cannot be|can not be"
    r"|out of range|rejected|failed|not authorized|conflicts with|is not an? |is (?:being |currently )?(?:in use|used)"
    r"|is assigned as|not responding|not permitted|can't be|(?:agent|VRF \S+) (?:is )?not (?:configured|enabled)$"
    r"|(?:is )?already (?:running|found)|in use by|wrong type|memory allocation|not in this image|not deleted|mismatch"
    r"|overlap\b|conflicts?$|you must|please (?:configure|define|remove)|insufficient|requires? (?:a )?licen[cs]e)"
    r"|[\w-]+:? Error\b)"
    r"|^\s*(?:command (?:rejected|authorization failed)|error:|invalid input detected|'[^']*' returned error code)",
    re.MULTILINE | re.IGNORECASE,
)
"""Answers to a command or a configuration line; what stands behind ``%Warning`` or ``% Note`` is only said."""
_BARE: Final = re.compile(
    r"^\s*(?:Connection timed out|Access denied|Permission denied|Bad mask |Unable to |Failed to |Operation failed"
    r"|Translation not permitted|BGP is already running|This command is not authorized|\S+ +overlaps with "
    r"|A named \S+ IP access list with this name already|Not enough memory|Illegal \S+ address"
    r"|(?!.*:)[^\n]* (?:not found|is invalid|is not configured|cannot be changed[^\n]*|conflicts with \S+)\.?$)",
    re.MULTILINE | re.IGNORECASE,
)
"""Refusals that some releases print without a sign before them; free text that a router shows may begin like them."""
_SAID: Final = re.compile(
    rf"^\s*%\s*(?:warning|note|informational|{MNEMONIC.removeprefix('%')})"
    r"|.*(?:informational:|may reappear after|creating vlan|treat it as loopback|persistent self-signed|take effect"
    r"|for complete cleanup)",
    re.IGNORECASE,
)
"""What is said beside a line that was taken. Source: the warnings that Cisco's adapters of NSO for IOS pass over."""
_FAILURES: Final = re.compile(r"aborted|failed to apply|not a valid config|%Error", re.IGNORECASE)
"""What a rollback says among other lines when it does not succeed."""
_TELLING: Final = re.compile(r"%|fail|error", re.IGNORECASE)


def refusal_in(output: str, *, of_line: bool = False) -> str | None:
    r"""Return the message with which a router refused a line or a command, or None.

    Args:
        output: the answer.
        of_line: it is the answer to a configuration line, in which nothing is shown.

    >>> refusal_in("ip pimm\n      ^\n% Invalid input detected at '^' marker.")
    "% Invalid input detected at '^' marker."
    >>> refusal_in("%Warning: use of this is discouraged") is None
    True
    >>> refusal_in("10.1.1.0 overlaps with Vlan7", of_line=True)
    '10.1.1.0 overlaps with Vlan7'
    """
    lines = (output[found.start() :].lstrip().splitlines()[0].strip() for found in _REFUSALS.finditer(output))
    refused = next((line for line in lines if not _SAID.match(line)), None)
    if refused is None and of_line and (bare := _BARE.search(output)) is not None:
        refused = output[bare.start() :].lstrip().splitlines()[0].strip()
        return None if _SAID.match(refused) else refused
    return refused


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

"""What ``?`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from iosxe.grammar.trie import Refusal
from iosxe.grammar.words import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iosxe.grammar.trie import Grammar

Leaf = TypeVar("Leaf")

WORDS: Final[Mapping[str, str]] = {
    "address": "Set the IP address of an interface",
    "bgp": "Border Gateway Protocol",
    "configure": "Enter configuration mode",
    "copy": "Copy from one file to another",
    "crypto": "Encryption module",
    "default": "Set a command to its defaults",
    "description": "Text that describes it",
    "disable": "Turn off privileged commands",
    "do": "To run exec commands in config mode",
    "enable": "Turn on privileged commands",
    "end": "Exit from configure mode",
    "exit": "Exit from the current mode",
    "hostname": "Set system's network name",
    "igmp": "IGMP interface commands",
    "interface": "Select an interface to configure",
    "interfaces": "Interface status and configuration",
    "ip": "Interface Internet Protocol config commands",
    "logout": "Exit from the EXEC",
    "mroute": "Multicast routing table",
    "neighbor": "Specify a neighbor router",
    "no": "Negate a command or set its defaults",
    "pim": "PIM commands",
    "ping": "Send echo messages",
    "route": "IP routing table",
    "router": "Enable a routing process",
    "running-config": "Current operating configuration",
    "show": "Show running system information",
    "shutdown": "Shutdown the selected interface",
    "startup-config": "Contents of startup configuration",
    "terminal": "Set terminal line parameters",
    "tunnel": "Protocol-over-protocol tunneling",
    "username": "Establish User Name Authentication",
    "version": "System hardware and software status",
    "write": "Write running configuration to memory, network, or terminal",
    "A.B.C.D": "IP address",
    "WORD": "A word",
    "LINE": "Text up to the end of the line",
    "<cr>": "",
}
"""What help says about the common words."""


def help_on(grammar: Grammar[Leaf], text: str, start: int, prompt: str) -> str:
    """Return what ``?`` prints behind `text`; a word that is not finished is completed, a finished one continued."""
    words = words_of(text, start)
    unfinished = words[-1].text if words and not text.endswith(" ") else ""
    before = text[: words[-1].column] if unfinished else text
    found = grammar.next_words(before, start)
    if isinstance(found, Refusal):
        return "% Unrecognized command" if found.kind == "invalid" else found.text(text, prompt).rstrip("\n")
    if unfinished:
        like = [name for name, keyword in found if keyword and name.lower().startswith(unfinished.lower())]
        return "  ".join(like) + "\n" if like else "% Unrecognized command"
    width = max((len(name) for name, _ in found), default=0)
    return "".join(f"  {name:<{width}}  {WORDS.get(name, '')}".rstrip() + "\n" for name, _ in found)

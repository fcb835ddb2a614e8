"""Access lists, named and numbered; both are kept and printed as sections with sequence numbers.

Source: Cisco IOS-XE 17, IP Access List Entry Sequence Numbering: entries are numbered by ten in order of entry.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from iosxe.config.node import Change, Config, Key, Node, Problem, Row, SectionPath, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STEP: Final = 10
LAST_NUMBER: Final = 2147483647
_SEQUENCE: Final = "[<sequence:1-2147483647>]"
_STANDARD: Final = "{action:permit|deny} ({source:any} | host <source:ip> | <source:ip> [<source_bits:ip>])"
_SOURCE: Final = "({source:any} | host <source:ip> | <source:ip> <source_bits:ip>)"
_DESTINATION: Final = "({destination:any} | host <destination:ip> | <destination:ip> <destination_bits:ip>)"
_PORT: Final = "[eq <{side}_port:1-65535>]"
_EXTENDED: Final = (
    "{action:permit|deny} "
    f"({{protocol:ip|icmp|igmp|pim|gre|esp}} {_SOURCE} {_DESTINATION} | "
    f"{{protocol:tcp|udp}} {_SOURCE} {_PORT.format(side='source')} {_DESTINATION} {_PORT.format(side='destination')})"
)


def _masked(address: str, bits: str) -> str:
    """Clear the bits that a wildcard leaves open: IOS keeps the address without them."""
    return str(IPv4Address(int(IPv4Address(address)) & ~int(IPv4Address(bits)) & 0xFFFFFFFF))


def _peer(args: Mapping[str, str], side: str, *, host: bool) -> str:
    address, bits = args[side], args.get(f"{side}_bits", "0.0.0.0")  # noqa: S104  (a wildcard, not a listener)
    if address == "any" or int(IPv4Address(bits)) == (1 << 32) - 1:
        return "any"
    if int(IPv4Address(bits)) == 0:
        return f"host {address}" if host else address
    return f"{_masked(address, bits)} {bits}"


def _entry(args: Mapping[str, str]) -> str:
    """Write an entry without its number."""
    if "protocol" not in args:
        return f"{args['action']} {_peer(args, 'source', host=False)}"
    words = [args["action"], args["protocol"]]
    for side in ("source", "destination"):
        words.append(_peer(args, side, host=True))
        if f"{side}_port" in args:
            words.append(f"eq {args[f'{side}_port']}")
    return " ".join(words)


def _text(args: Mapping[str, str]) -> str:
    return f"{args['sequence']} {_entry(args)}"


def _change_entry(change: Change) -> Config:
    return _with_entry(change, change.config, change.path)


def _with_entry(change: Change, config: Config, path: SectionPath) -> Config:
    """Add an entry behind the last one, or where its number says; remove it by number or by what it says."""
    entries: dict[Key, Node] = {key: node for key, node in config.at(path).children.items() if key[0] == "entry"}
    wanted = _entry(change.args) if "action" in change.args else ""
    number = change.args.get("sequence")
    same = [key for key, node in entries.items() if wanted and _entry(node.args) == wanted]
    if change.unset:
        gone = [("entry", number)] if number is not None else same
        return config.drop(path, *gone)
    if same and number is None:
        return config
    number = number or str(_next_number(entries))
    args = {**change.args, "sequence": number}
    return config.put(path, ("entry", number), Node(row=_row_of(change.row), args=args, line=_text(args)))


def _row_of(row: Row) -> Row:
    """Return the row that an entry is kept under: the section's, also where the line was a numbered list's."""
    return {"access-list standard": ENTRY_STANDARD, "access-list extended": ENTRY_EXTENDED}.get(row.slot, row)


def _next_number(entries: Iterable[Key]) -> int:
    return max((int(key[1]) for key in entries if key[0] == "entry"), default=0) // STEP * STEP + STEP


def _sequence(change: Change) -> Verdict:
    """Refuse a number that another entry has, and an entry behind the last possible number."""
    number = change.args.get("sequence")
    if number is None and not change.unset and _next_number(change.section.children) > LAST_NUMBER:
        return Problem("% Sequence number exceeds the maximum\n")
    taken = None if number is None or change.unset else change.section.children.get(("entry", number))
    if taken is not None and _entry(taken.args) != _entry(change.args):
        return Problem("% Duplicate sequence number\n")
    return None


def _by_sequence(args: Mapping[str, str]) -> tuple[object, ...]:
    return (int(args["sequence"]),)


ENTRY_STANDARD: Final = Row(
    pattern=f"{_SEQUENCE} {_STANDARD}",
    unset=f"(<sequence:1-2147483647> | {_STANDARD})",
    slot="entry",
    text=_text,
    check=_sequence,
    apply=_change_entry,
    sort=_by_sequence,
)
ENTRY_EXTENDED: Final = replace(
    ENTRY_STANDARD,
    pattern=f"{_SEQUENCE} {_EXTENDED}",
    unset=f"(<sequence:1-2147483647> | {_EXTENDED})",
)
REMARK: Final = Row(pattern="remark <text!:line>")


_NUMBERS: Final = {
    "ip access-list standard": (range(1, 100), range(1300, 2000)),
    "ip access-list extended": (range(100, 200), range(2000, 2700)),
}


def _named(change: Change) -> Verdict:
    """Refuse a number outside the type's ranges, and a list that is already of the other type."""
    name = change.args["name"]
    numbers = _NUMBERS[change.row.slot]
    if name[:1].isdecimal() and not (name.isdecimal() and any(int(name) in some for some in numbers)):
        return Problem(marks="name")
    other = {"ip access-list standard": "ip access-list extended"}.get(change.row.slot, "ip access-list standard")
    if change.config.root.find(other, name) is not None:
        return Problem("% Access-list type conflicts with prior definition\n")
    return None


SECTIONS: Final = (
    Row(
        pattern="ip access-list standard <name!:word>",
        enters="access-list-standard",
        bang=False,
        check=_named,
    ),
    Row(
        pattern="ip access-list extended <name!:word>",
        enters="access-list-extended",
        bang=False,
        check=_named,
    ),
)


def _change_numbered(change: Change) -> Config:
    """Take a line of a numbered list into the list's section; ``no`` takes the whole list away."""
    section = SECTIONS[0] if change.row.slot == "access-list standard" else SECTIONS[1]
    name = change.args["list"]
    path = ((section.slot, name),)
    if change.unset:
        return change.config.drop((), *path)
    config = change.config
    if path[0] not in config.root.children:
        config = config.put((), path[0], Node(row=section, args={"name": name}, line=f"{section.slot} {name}"))
    return _with_entry(change, config, path)


NUMBERED: Final = (
    Row(
        pattern=f"access-list (<list:1-99> | <list:1300-1999>) {_STANDARD}",
        unset="access-list (<list:1-99> | <list:1300-1999>)",
        slot="access-list standard",
        apply=_change_numbered,
    ),
    Row(
        pattern=f"access-list (<list:100-199> | <list:2000-2699>) {_EXTENDED}",
        unset="access-list (<list:100-199> | <list:2000-2699>)",
        slot="access-list extended",
        apply=_change_numbered,
    ),
)
